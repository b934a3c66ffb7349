"""The provider: asks floe for its steps and makes an algorithm of each, and of each pipeline file."""
import glob
import json
import os
import shutil
import subprocess

from qgis.core import Qgis, QgsMessageLog, QgsProcessingProvider

from .algorithm import PipelineAlgorithm, StepAlgorithm, variants

PROGRAM, PIPELINES = "FLOE_PROGRAM", "FLOE_PIPELINES"


def _setting(name):
    from processing.core.ProcessingConfig import ProcessingConfig
    return ProcessingConfig.getSetting(name) or ""


def find_floe():
    """The program: the setting, then the environment variable FLOE, then PATH; None when there is none."""
    for place in (_setting(PROGRAM), os.environ.get("FLOE", "")):
        if place:
            return shutil.which(os.path.expanduser(place))
    return shutil.which("floe")


def pipeline_folders(program):
    """The folders whose pipelines are listed: the setting, or the examples that belong to floe or to this plugin."""
    told = _setting(PIPELINES)
    if told:
        return [os.path.expanduser(f) for f in told.split(os.pathsep) if f]
    places = [os.path.join(os.environ["FLOE_SHARE"], "examples")] if os.environ.get("FLOE_SHARE") else []
    up = os.path.dirname(os.path.realpath(program))
    places.append(os.path.join(os.path.dirname(up), "share", "floe", "examples"))
    for _ in range(6):
        up = os.path.dirname(up)
        places.append(os.path.join(up, "examples"))
    places.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
    return next(([p] for p in places if os.path.exists(os.path.join(p, "ice-lead.yaml"))), [])


class FloeProvider(QgsProcessingProvider):
    def __init__(self):
        super().__init__()
        self.skipped = {}
        """Steps and pipelines that are not listed, with the reason."""
        self.trouble = ""
        """Why nothing is listed, if so."""

    def id(self):
        return "floe"

    def name(self):
        return "floe"

    def longName(self):
        return "floe: sea ice and leads"

    def defaultVectorFileExtension(self, hasGeometry=True):
        return "gpkg"

    def supportedOutputVectorLayerExtensions(self):
        return ["gpkg", "csv"]

    def supportedOutputTableExtensions(self):
        return ["gpkg", "csv"]

    def supportedOutputRasterLayerExtensions(self):
        return ["tif"]

    def defaultRasterFileExtension(self):
        return "tif"

    def load(self):
        from processing.core.ProcessingConfig import ProcessingConfig, Setting
        ProcessingConfig.addSetting(Setting(
            self.name(), PROGRAM, "The program floe (empty: $FLOE, then PATH)", "", valuetype=Setting.FILE))
        ProcessingConfig.addSetting(Setting(
            self.name(), PIPELINES, "Folders with pipelines (empty: floe's examples)", ""))
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        from processing.core.ProcessingConfig import ProcessingConfig
        for name in (PROGRAM, PIPELINES):
            ProcessingConfig.removeSetting(name)

    def loadAlgorithms(self):
        self.skipped, self.trouble = {}, ""
        program = find_floe()
        if program is None:
            return self._complain("The program floe was not found: set it in the Processing options under floe, "
                                  "in the environment variable FLOE, or have it in PATH.")
        try:
            done = subprocess.run([program, "steps", "--json"], capture_output=True, text=True, timeout=60)
            if done.returncode != 0:
                return self._complain(f"{program} steps --json failed: {done.stderr.strip()}")
            steps = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return self._complain(f"{program} does not list its steps: {error}")
        for step in steps:
            made, reason = variants(step)
            for variant in made:
                self.addAlgorithm(StepAlgorithm(program, step, variant))
            if reason:
                self.skipped[step["name"]] = reason
        for folder in pipeline_folders(program):
            for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.yaml"))):
                try:
                    self.addAlgorithm(PipelineAlgorithm.read(program, path))
                except Exception as error:  # A broken file must not take the others with it.
                    self.skipped[os.path.basename(path)] = f"it cannot be read: {error}"
        for name, reason in self.skipped.items():
            QgsMessageLog.logMessage(f"{name} is not listed: {reason}", "floe", Qgis.MessageLevel.Info)

    def _complain(self, sentence):
        self.trouble = sentence
        QgsMessageLog.logMessage(sentence, "floe", Qgis.MessageLevel.Warning)
