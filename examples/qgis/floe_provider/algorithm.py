"""A step or a pipeline of floe as a Processing algorithm."""
import json
import os
import shutil
import tempfile

from qgis.core import (
    QgsProcessing, QgsProcessingAlgorithm, QgsProcessingException, QgsProcessingOutputString, QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition, QgsProcessingParameterEnum, QgsProcessingParameterFile, QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination, QgsProcessingParameterMultipleLayers, QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination, QgsProcessingParameterRasterLayer, QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination, QgsProcessingParameterVectorLayer, QgsProviderRegistry)

from .runner import run

LAYERS = ("raster", "table")
FILES = {"model": "Models (*.json)", "document": "JSON (*.json)"}


def variants(step):
    """As what a step is listed: one entry for each kind of layer where it takes several; else the reason why not."""
    if step["is_finishing"]:
        return [], "it works on the finished outputs of a pipeline"
    if not step["outputs"]:
        return [], "it has no output that goes to a file"
    follows = [i for i in step["inputs"] if len(i["kinds"]) > 1]
    several = [o for o in step["outputs"] if len(o["kinds"]) > 1]
    if several and not follows:
        return [], "its output may be anything, and QGIS must know what to load"
    ports = follows + several
    if not ports:
        return [None], None
    kinds = [k for k in ports[0]["kinds"] if all(k in p["kinds"] for p in ports)]
    return (kinds, None) if kinds else ([], "its inputs and outputs have no kind in common")


def _kind(port, variant):
    return port["kinds"][0] if len(port["kinds"]) == 1 else variant


def _title(text, optional_note=None):
    text = text.replace("`", "")
    return f"{text} ({optional_note.replace('`', '')})" if optional_note else text


def literal(value):
    """A declared default as the text that a flag takes; None when there is none."""
    if value is None:
        return None
    if isinstance(value, list):
        return ",".join(literal(v) for v in value)
    if isinstance(value, dict):
        return ",".join(f"{k}={literal(v)}" for k, v in value.items())
    return str(value)


def _takes_folder(help):
    return any(word in help for word in ("folder", "Folder", ".SAFE"))


def plain_number(value):
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def parameter_of(info):
    """The definition of a parameter from its declaration."""
    name, kind = info["name"], info["type"]
    default = literal(info.get("default_value"))
    optional = not info["is_required"]
    title = _title(info["help"], info.get("unit"))
    if kind in ("integer", "number"):
        number = QgsProcessingParameterNumber.Type.Integer if kind == "integer" else QgsProcessingParameterNumber.Type.Double
        made = QgsProcessingParameterNumber(name, title, number, optional=optional)
        if "minimum" in info:
            made.setMinimum(info["minimum"])
        if "maximum" in info:
            made.setMaximum(info["maximum"])
        made.setDefaultValue(None if default is None else int(default) if kind == "integer" else float(default))
        return made
    if kind == "boolean":
        return QgsProcessingParameterBoolean(name, title, default == "true", optional)
    if kind == "choice":
        made = QgsProcessingParameterEnum(name, title, info["choices"], False, default, optional, True)
        return made
    if kind == "list of choice":
        chosen = default.split(",") if default else []
        return QgsProcessingParameterEnum(name, title, info["choices"], True, chosen, optional, True)
    if kind == "path":
        behaviour = QgsProcessingParameterFile.Behavior.Folder if _takes_folder(info["help"]) else QgsProcessingParameterFile.Behavior.File
        return QgsProcessingParameterFile(name, title, behaviour, "", default, optional)
    if kind == "list of path" and not _takes_folder(info["help"]):
        return QgsProcessingParameterMultipleLayers(name, title, QgsProcessing.SourceType.TypeFile, optional=optional)
    if kind.startswith("list"):
        title += ", separated by commas"
    elif kind == "map":
        title += ", as key: value, key: value"
    return QgsProcessingParameterString(name, title, default, False, optional)


class FloeAlgorithm(QgsProcessingAlgorithm):
    def __init__(self, program):
        super().__init__()
        self.program = program

    def flags(self):
        # floe is another process: QGIS stays alive beside it, and several may run at once.
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagCanCancel

    def helpUrl(self):
        return ""


class StepAlgorithm(FloeAlgorithm):
    """One step, run on files."""

    def __init__(self, program, step, variant):
        super().__init__(program)
        self.step, self.variant = step, variant

    def createInstance(self):
        return StepAlgorithm(self.program, self.step, self.variant)

    def name(self):
        # Two algorithms where a step takes rasters and tables: QGIS must know what it loads.
        return self.step["name"] + ("_table" if self.variant == "table" else "")

    def displayName(self):
        return self.step["name"] + (" (table)" if self.variant == "table" else "")

    def group(self):
        return self.step["name"].split(".")[0]

    def groupId(self):
        return self.group()

    def shortDescription(self):
        return self.step["summary"].replace("`", "")

    def shortHelpString(self):
        paragraphs = self.step["discussion"].split("\n\n")
        text = "\n\n".join(p if p.lstrip().startswith("- ") else " ".join(p.split("\n")) for p in paragraphs)
        presets = "".join(f"\n\nPreset {p['name']}: {p['help']}." for p in self.step["presets"])
        return f"{self.step['summary']}\n\n{text}{presets}".replace("`", "")

    def _flag(self, name, is_output=False):
        taken = {p["name"] for p in self.step["inputs"] + self.step["parameters"]}
        return ("--out-" if is_output and name in taken else "--") + name.replace("_", "-")

    def _output_name(self, port):
        taken = {p["name"] for p in self.step["inputs"] + self.step["parameters"]}
        return ("out_" if port["name"] in taken else "") + port["name"]

    def initAlgorithm(self, configuration=None):
        for port in self.step["inputs"]:
            kind, title, optional = _kind(port, self.variant), _title(port["help"]), not port["is_required"]
            if port["accepts_many"]:
                layers = QgsProcessing.SourceType.TypeRaster if kind == "raster" else QgsProcessing.SourceType.TypeVector
                made = QgsProcessingParameterMultipleLayers(port["name"], title, layers, optional=optional)
            elif kind == "raster":
                made = QgsProcessingParameterRasterLayer(port["name"], title, optional=optional)
            elif kind == "table":
                made = QgsProcessingParameterVectorLayer(port["name"], title, [QgsProcessing.SourceType.TypeVector], optional=optional)
            else:
                made = QgsProcessingParameterFile(port["name"], title, fileFilter=FILES[kind], optional=optional)
            self.addParameter(made)
        if self.step["presets"]:
            self.addParameter(QgsProcessingParameterEnum(
                "preset", "Preset: other defaults", [p["name"] for p in self.step["presets"]], False, None, True, True))
        for info in self.step["parameters"]:
            made = parameter_of(info)
            if not info["is_required"] and info["type"] not in ("path", "list of path"):
                made.setFlags(made.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
            self.addParameter(made)
        for port in self.step["outputs"]:
            kind, title = _kind(port, self.variant), _title(port["help"])
            optional = not port["is_required"] or len(self.step["outputs"]) > 1
            if port.get("condition"):
                title += f" (only when {port['condition'].replace('`', '')})"
            name, first = self._output_name(port), port is self.step["outputs"][0]
            if kind == "raster":
                made = QgsProcessingParameterRasterDestination(name, title, optional=optional, createByDefault=first)
            elif kind == "table":
                made = QgsProcessingParameterVectorDestination(
                    name, title, QgsProcessing.SourceType.TypeVector, optional=optional, createByDefault=first)
            else:
                made = QgsProcessingParameterFileDestination(name, title, FILES[kind], optional=optional, createByDefault=first)
            self.addParameter(made)
        self.addOutput(QgsProcessingOutputString("RECORD", "What the step recorded, as JSON"))

    def checkParameterValues(self, parameters, context):
        # floe says what is wrong with a value, and says it better.
        return True, ""

    def _source(self, layer, name, kind):
        if layer is None:
            raise QgsProcessingException(f"{name}: there is no such layer or file")
        source = layer.source()
        if kind == "table":
            # Of '...gpkg|layername=track' floe reads the file.
            parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), source)
            source = parts.get("path") or source.split("|")[0]
        if not source.startswith("/vsi") and not os.path.exists(source):
            raise QgsProcessingException(f"{name}: the layer '{layer.name()}' is not a file ({layer.providerType()}); save it to one first")
        if "," in source:
            return source, True
        return source, False

    def _inputs(self, parameters, context):
        words = []
        for port in self.step["inputs"]:
            name, kind = port["name"], _kind(port, self.variant)
            if parameters.get(name) in (None, "", []):
                continue
            if port["accepts_many"]:
                layers = self.parameterAsLayerList(parameters, name, context)
                sources = [self._source(layer, name, kind) for layer in layers]
                for source, has_comma in sources:
                    if has_comma:
                        raise QgsProcessingException(f"{name}: '{source}' has a comma in its name, which separates files of a list; rename it")
                words.append(f"{self._flag(name)}={','.join(s for s, _ in sources)}")
            elif kind in LAYERS:
                layer = self.parameterAsRasterLayer(parameters, name, context) if kind == "raster" \
                    else self.parameterAsVectorLayer(parameters, name, context)
                if layer is None:
                    raise QgsProcessingException(f"{name}: '{parameters[name]}' cannot be opened as a {kind}")
                words.append(f"{self._flag(name)}={self._source(layer, name, kind)[0]}")
            else:
                words.append(f"{self._flag(name)}={self.parameterAsFile(parameters, name, context)}")
        return words

    def _value(self, info, parameters, context):
        """The text for a flag; None for what floe's own default, or the preset's, is to decide."""
        name, kind = info["name"], info["type"]
        given = parameters.get(name)
        if given is None or given == "":
            return None
        default = literal(info.get("default_value"))
        if kind in ("integer", "number"):
            number = self.parameterAsDouble(parameters, name, context)
            if isinstance(given, (int, float)):
                number = given
            return None if default is not None and float(default) == number else plain_number(number)
        if kind == "boolean":
            text = "true" if self.parameterAsBool(parameters, name, context) else "false"
        elif kind == "choice":
            text = info["choices"][given] if isinstance(given, int) and 0 <= given < len(info["choices"]) else str(given)
        elif kind == "list of choice":
            items = given if isinstance(given, (list, tuple)) else str(given).split(",")
            text = ",".join(info["choices"][i] if isinstance(i, int) else str(i) for i in items)
        elif kind == "path":
            text = self.parameterAsFile(parameters, name, context)
        elif kind.startswith("list"):
            items = given if isinstance(given, (list, tuple)) else [given]
            items = [plain_number(i) if isinstance(i, float) else str(i) for i in items]
            if kind == "list of path" and len(items) > 1 and any("," in i for i in items):
                raise QgsProcessingException(f"{name}: a file has a comma in its name, which separates files of a list; rename it")
            text = ",".join(items)
        else:
            text = str(given)
        return None if text == (default or "") else text

    def processAlgorithm(self, parameters, context, feedback):
        words = self._inputs(parameters, context)
        preset = parameters.get("preset")
        if preset not in (None, ""):
            words.append("--preset=" + (self.step["presets"][preset]["name"] if isinstance(preset, int) else str(preset)))
        for info in self.step["parameters"]:
            text = self._value(info, parameters, context)
            if text is not None:
                words.append(f"{self._flag(info['name'])}={text}")
        wanted = {}
        for port in self.step["outputs"]:
            name = self._output_name(port)
            if parameters.get(name) in (None, ""):
                continue
            path = self.parameterAsOutputLayer(parameters, name, context) if _kind(port, self.variant) in LAYERS \
                else self.parameterAsFileOutput(parameters, name, context)
            if path:
                wanted[name] = (port, os.path.abspath(path))
        if not wanted:
            raise QgsProcessingException("nothing would be written: choose at least one output")
        stems = [os.path.splitext(os.path.basename(path))[0] for _, path in wanted.values()]
        if len(set(stems)) < len(stems):
            raise QgsProcessingException("two outputs have the same file name; their styles would overwrite each other")
        target = os.path.dirname(next(iter(wanted.values()))[1])
        os.makedirs(target, exist_ok=True)
        # floe writes beside the first output; what is whole is then moved with its style to where it belongs.
        with tempfile.TemporaryDirectory(prefix=".floe-", dir=target) as folder:
            for port, path in wanted.values():
                words.append(f"{self._flag(port['name'], True)}={os.path.basename(path)}")
            if not run([self.program, "step", self.step["name"], *words, "-o", folder], feedback):
                return {}
            record = _record(folder)
            results = {"RECORD": json.dumps(record.get("results", {}).get("step", {}))}
            for name, (port, path) in wanted.items():
                if not os.path.exists(os.path.join(folder, os.path.basename(path))):
                    feedback.pushWarning(f"{name} was not written")
                    continue
                _move(folder, path)
                results[name] = path
        return results


def _record(folder):
    try:
        with open(os.path.join(folder, "run.json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def _move(folder, path):
    """Moves an output and what belongs to it: style, statistics, STAC item."""
    base = os.path.basename(path)
    stem = os.path.splitext(base)[0]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    for found in os.listdir(folder):
        if found == base or found.startswith(base + ".") or os.path.splitext(found)[0] == stem:
            shutil.move(os.path.join(folder, found), os.path.join(os.path.dirname(path), found))


class PipelineAlgorithm(FloeAlgorithm):
    """A pipeline file: its inputs, and a folder for its outputs."""

    def __init__(self, program, path, facts):
        super().__init__(program)
        self.path, self.facts = path, facts

    @classmethod
    def read(cls, program, path):
        import yaml
        with open(path, encoding="utf-8") as file:
            facts = yaml.safe_load(file)
        if not isinstance(facts, dict) or "floe" not in facts or "steps" not in facts:
            raise ValueError("it is no pipeline of floe")
        return cls(program, path, facts)

    def createInstance(self):
        return PipelineAlgorithm(self.program, self.path, self.facts)

    def name(self):
        return "pipeline_" + os.path.splitext(os.path.basename(self.path))[0]

    def displayName(self):
        return os.path.splitext(os.path.basename(self.path))[0]

    def group(self):
        return "pipelines"

    def groupId(self):
        return "pipelines"

    def shortDescription(self):
        return self.facts.get("title", "")

    def shortHelpString(self):
        outputs = ", ".join(self.facts.get("outputs", {}))
        steps = " -> ".join(s.get("use", "") for s in self.facts["steps"].values())
        return f"{self.shortDescription()}.\n\nSteps: {steps}.\n\nOutputs: {outputs}.\n\n{self.path}"

    def initAlgorithm(self, configuration=None):
        for name, info in (self.facts.get("inputs") or {}).items():
            title, default = info.get("help", name), info.get("default")
            optional = bool(info.get("optional")) or default is not None
            if info.get("type") == "path":
                behaviour = QgsProcessingParameterFile.Behavior.Folder if _takes_folder(title) else QgsProcessingParameterFile.Behavior.File
                self.addParameter(QgsProcessingParameterFile(name, title, behaviour, "", default, optional))
            else:
                self.addParameter(QgsProcessingParameterString(name, title, None if default is None else str(default), False, optional))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", "Folder for the outputs"))
        self.addOutput(QgsProcessingOutputString("RECORD", "What the steps recorded, as JSON"))

    def checkParameterValues(self, parameters, context):
        return True, ""

    def processAlgorithm(self, parameters, context, feedback):
        words = []
        for name in self.facts.get("inputs") or {}:
            value = parameters.get(name)
            if value not in (None, ""):
                words += ["--set", f"{name}={value}"]
        folder = self.parameterAsString(parameters, "OUTPUT", context)
        os.makedirs(folder, exist_ok=True)
        if not run([self.program, "run", self.path, *words, "-o", folder], feedback):
            return {}
        record = _record(folder)
        self._load(folder, record, context)
        return {"OUTPUT": folder, "RECORD": json.dumps(record.get("results", {}))}

    def _load(self, folder, record, context):
        """Hands the layers to QGIS, which loads them with the styles that lie beside or in them."""
        from qgis.core import QgsProcessingContext
        if context.project() is None:
            return
        for output in record.get("outputs", []):
            path = os.path.join(folder, output["name"])
            if not output["name"].endswith((".tif", ".gpkg")) or not os.path.exists(path):
                continue
            title = os.path.splitext(output["name"])[0]
            sources = [(path, title)]
            if path.endswith(".gpkg"):
                from osgeo import ogr
                data = ogr.Open(path)
                names = [data.GetLayer(i).GetName() for i in range(data.GetLayerCount())] if data else []
                sources = [(f"{path}|layername={n}", n) for n in names if n != "layer_styles"]
            for source, name in sources:
                context.addLayerToLoadOnCompletion(source, QgsProcessingContext.LayerDetails(name, context.project(), name))
