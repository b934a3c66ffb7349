"""Steps that wait to be run, and pipelines made of them."""
from __future__ import annotations

import os
import pathlib
import re
import sys

from . import _files, _yaml
from ._errors import Problem, RequestError

HERE = os.path.dirname(os.path.abspath(__file__))
ENDINGS = {"raster": ".tif", "table": ".gpkg", "model": ".json", "document": ".json"}


class Input(_yaml.Raw):
    """A value that a pipeline leaves open: `floe.Input("scene", help="Sentinel-2 product")` is `$scene` in its file.

    type: "path", "text", "number", "integer", "boolean" or "list". A default or `optional=True` makes it one that may be left out.
    """

    def __new__(cls, name, type="path", help=None, default=None, optional=False):
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"an input's name has letters, digits and underscores, not '{name}'")
        made = super().__new__(cls, f"${name}")
        made.name, made.declaration = name, {"type": type}
        if help is not None:
            made.declaration["help"] = help
        if default is not None:
            made.declaration["default"] = default
        if optional:
            made.declaration["optional"] = True
        return made


class Port:
    """One output of a step that waits to be run.

    Give it to other steps, name it as an output of `floe.run`, or ask for its value: `read`, `to_xarray`, `to_geopandas`,
    `to_numpy`, `to_dict` run what is needed (once) and return it.
    """

    def __init__(self, step, declaration):
        self.step, self.name, self.help, self.kinds = step, declaration["name"], declaration["help"], declaration["kinds"]
        self._values = {}

    def __repr__(self):
        return f"<{self.step.use} {self.name}: {' or '.join(self.kinds)}, {self.help}>"

    @property
    def kind(self):
        """raster, table, model or document; of a port that follows its input, that input's kind."""
        if len(self.kinds) == 1:
            return self.kinds[0]
        for values in self.step.inputs.values():
            for value in values:
                if isinstance(value, Port) and value.kind in self.kinds:
                    return value.kind
        for values in self.step.inputs.values():
            for value in values:
                suffix = os.path.splitext(os.fspath(value))[1].lower() if isinstance(value, (str, os.PathLike)) else ""
                if hasattr(value, "columns") or hasattr(value, "data_vars") or suffix in (".gpkg", ".csv", ".nc", ".geojson", ".shp"):
                    return "table"
        return "raster" if "raster" in self.kinds else self.kinds[0]

    def read(self, **options):
        """The value: a raster as `xarray.DataArray`, a table as GeoDataFrame (DataFrame without geometry), a model or a document as
        dict. options: those of `floe.run`."""
        return self._read(ENDINGS[self.kind], options)

    def to_xarray(self, **options):
        """A raster as `DataArray`; a table as `Dataset`, with its echoes."""
        return self._read(".nc" if self.kind == "table" else ".tif", options)

    def to_geopandas(self, **options):
        """A table as GeoDataFrame; array columns such as echoes stay out (`to_xarray` has them)."""
        return self._read(".gpkg", options)

    def to_numpy(self, **options):
        """A raster's pixels, bands first, as `read` gives them."""
        return self._read(".tif", options).values

    def to_dict(self, **options):
        """A model or a document."""
        return self._read(".json", options)

    def _read(self, ending, options):
        if self.step.declaration["is_finishing"]:
            raise RequestError([self.step.problem(
                f"{self.step.use} works on the outputs of a pipeline: name its '{self.name}' among the outputs of floe.run")])
        key = (ending, repr(sorted(options.items())))
        if key not in self._values:
            from ._run import run
            self._values[key] = run({f"{self.name}{ending}": self}, **options)[f"{self.name}{ending}"]
        return self._values[key]

    def _repr_html_(self):
        return f"<code>{_escape(self.step.use)}</code> <b>{_escape(self.name)}</b>: {_escape(' or '.join(self.kinds))}, {_escape(self.help)}"


def _escape(text):
    import html
    return html.escape(str(text))


class Step:
    """A step that waits to be run. Its outputs are attributes; where a step stands for a value, its first fitting output is meant."""

    def __init__(self, declaration, inputs, settings, place, plugin_path=None, title=None):
        self.declaration, self.inputs, self.settings, self.place = declaration, inputs, settings, place
        self.plugin_path, self.title = plugin_path, title
        self.outputs = {o["name"]: Port(self, o) for o in declaration["outputs"]}

    @property
    def use(self):
        return self.declaration["name"]

    def __getattr__(self, name):
        outputs = self.__dict__.get("outputs", {})
        if name in outputs:
            return outputs[name]
        raise AttributeError(f"{self.use if outputs else 'a step'} has no output '{name}'; it has {', '.join(outputs)}")

    def __dir__(self):
        return [*super().__dir__(), *self.outputs]

    def __repr__(self):
        return f"<step {self.use}: {', '.join(self.outputs)}>"

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{_escape(p.name)}</td><td>{_escape(' or '.join(p.kinds))}</td><td>{_escape(p.help)}</td></tr>"
                       for p in self.outputs.values())
        return (f"<p><code>{_escape(self.use)}</code>: {_escape(self.declaration['summary'])}</p>"
                f"<table><tr><th>output</th><th>kind</th><th></th></tr>{rows}</table>")

    def read(self, **options):
        """The value of the first output."""
        return next(iter(self.outputs.values())).read(**options)

    def port(self, kinds):
        """The first output of one of the kinds."""
        for port in self.outputs.values():
            if set(port.kinds) & set(kinds):
                return port
        raise TypeError(f"{self.use} gives no {' or '.join(kinds)}; its outputs are "
                        + ", ".join(f"{p.name} ({' or '.join(p.kinds)})" for p in self.outputs.values()))

    def named(self, name):
        """The same step under a name of its own in the pipeline's file and in reports."""
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"a step's name has letters, digits and underscores, not '{name}'")
        self.title = name
        return self

    def problem(self, message):
        return Problem(message, *self.place)


def caller():
    """File and line of the first frame outside of this package."""
    frame = sys._getframe(1)
    while frame is not None and os.path.dirname(os.path.abspath(frame.f_code.co_filename)) == HERE:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else (None, None)


class Pipeline:
    """Steps and what is written of them.

    outputs: name of a file -> an output of a step, or for a GeoPackage a dict of layers. `save` writes the YAML file that
    `floe run` takes; `floe.run` runs it.
    """

    def __init__(self, outputs, *, title=None, seed=None):
        if not outputs:
            raise RequestError([Problem("a pipeline needs at least one output, as in {'classes.tif': groups.classes}", *caller())])
        self.outputs = {}
        for name, value in outputs.items():
            self.outputs[name] = {k: _port(v, name) for k, v in value.items()} if isinstance(value, dict) else _port(value, name)
        self.title, self.seed = title, seed
        self._order()

    def _order(self):
        """Steps in the order of their needs, each with a name."""
        self.steps, seen, names = {}, {}, set()

        def visit(step):
            if id(step) in seen:
                return
            seen[id(step)] = step
            for values in step.inputs.values():
                for value in values:
                    if isinstance(value, Port):
                        visit(value.step)
            wanted = step.title or re.sub(r"\W", "_", step.use.rsplit(".", 1)[-1])
            name, number = wanted, 2
            while name in names:
                name, number = f"{wanted}_{number}", number + 1
            names.add(name)
            self.steps[name] = step

        for value in self.outputs.values():
            for port in value.values() if isinstance(value, dict) else [value]:
                visit(port.step)
        self._names = {id(step): name for name, step in self.steps.items()}

    @property
    def inputs(self):
        """The values left open, by name."""
        found = {}
        for step in self.steps.values():
            for value in _flat(step.settings):
                if isinstance(value, Input):
                    if found.setdefault(value.name, value).declaration != value.declaration:
                        raise RequestError([step.problem(f"the input '{value.name}' is declared twice, differently")])
            for values in step.inputs.values():
                for value in values:
                    if isinstance(value, Input):
                        found.setdefault(value.name, value)
        return found

    @property
    def plugin_path(self):
        folders = [step.plugin_path() if callable(step.plugin_path) else step.plugin_path for step in self.steps.values()]
        return list(dict.fromkeys(f for f in folders if f))

    def _reference(self, port):
        return f"{self._names[id(port.step)]}.{port.name}"

    def yaml(self, folder=None, keep=None):
        """The text of the pipeline's file.

        folder: where the file will lie; relative paths are written as seen from there (absolute without it).
        keep: a function that makes a file of data in memory and returns its path; without it such data are refused.
        """
        return self._yaml(folder, keep)[0]

    def _yaml(self, folder, keep):
        lines, lines_of = ["floe: 1"], {}
        if self.title is not None:
            lines.append(f"title: {_yaml.text(self.title)}")
        if self.seed is not None:
            lines.append(f"seed: {_yaml.text(self.seed)}")
        if self.inputs:
            lines += ["inputs:", *(f"  {name}: {_yaml.text(i.declaration)}" for name, i in self.inputs.items())]
        body = []
        for name, step in self.steps.items():
            parts = [f"use: {_yaml.text(step.use)}"]
            settings = {k: self._setting(step, k, v, folder) for k, v in step.settings.items()}
            if settings:
                parts.append(f"with: {_yaml.text(settings)}")
            connections = {}
            for port, values in step.inputs.items():
                references = []
                for i, value in enumerate(values):
                    if isinstance(value, Port):
                        references.append(self._reference(value))
                        continue
                    # A file, or data that become one: read by a step of its own, as the command line does.
                    source = f"{name}_{port}" + (f"_{i + 1}" if len(values) > 1 else "")
                    while source in self.steps or source in lines_of.values():
                        source += "_"
                    if _files.is_in_memory(value) or isinstance(value, dict):
                        if keep is None:
                            raise RequestError([step.problem(
                                f"'{port}' is data in memory, which a pipeline's file cannot hold: write it to a file and give its path")])
                        value = keep(value, source)
                    value = value if isinstance(value, Input) else _path(value, folder)
                    body.append((f"  {source}: {{ use: file.read, with: {_yaml.text({'path': value})} }}", step))
                    references.append(f"{source}.data")
                takes_many = next(p for p in step.declaration["inputs"] if p["name"] == port)["accepts_many"]
                connections[port] = [_yaml.Raw(r) for r in references] if takes_many else _yaml.Raw(references[0])
            if connections:
                parts.append(f"in: {_yaml.text(connections)}")
            body.append((f"  {name}: {{ {', '.join(parts)} }}", step))
        lines.append("steps:")
        for text, step in body:
            lines.append(text)
            lines_of[len(lines)] = step
        lines.append("outputs:")
        for name, value in self.outputs.items():
            shown = {k: _yaml.Raw(self._reference(p)) for k, p in value.items()} if isinstance(value, dict) else _yaml.Raw(self._reference(value))
            lines.append(f"  {_yaml.text(name)}: {_yaml.text(shown)}")
        return "\n".join(lines) + "\n", lines_of

    def _setting(self, step, name, value, folder):
        kinds = {p["name"]: p["type"] for p in step.declaration["parameters"]}
        if isinstance(value, Input):
            return value
        if kinds.get(name) == "path":
            return _path(value, folder)
        if kinds.get(name) == "list of path":
            values = [value] if isinstance(value, (str, os.PathLike)) else value
            return [v if isinstance(v, Input) else _path(v, folder) for v in values]
        return value

    def save(self, path):
        """Writes the pipeline's file, for `floe run` and for others; returns the path."""
        path = pathlib.Path(path)
        path.write_text(self.yaml(os.path.dirname(os.path.abspath(path))), encoding="utf-8")
        return path

    def __str__(self):
        return self.yaml()

    def __repr__(self):
        return f"<pipeline of {len(self.steps)} steps -> {', '.join(self.outputs)}>"

    def _repr_html_(self):
        rows = "".join(f"<tr><td>{_escape(n)}</td><td>{_escape(s.use)}</td><td>{_escape(s.declaration['summary'])}</td></tr>"
                       for n, s in self.steps.items())
        return f"<table><tr><th>step</th><th>use</th><th></th></tr>{rows}</table><p>writes {_escape(', '.join(self.outputs))}</p>"


def _flat(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from _flat(v)
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from _flat(v)
    else:
        yield value


def _path(value, folder):
    path = os.path.abspath(os.path.expanduser(os.fspath(value)))
    return path if folder is None or os.path.isabs(os.fspath(value)) else os.path.relpath(path, folder)


def _port(value, name):
    if isinstance(value, Port):
        return value
    if isinstance(value, Step):
        ending = os.path.splitext(name)[1].lower()
        documents = ["document"]
        kinds = {".tif": ["raster"], ".tiff": ["raster"], ".zarr": ["raster"], ".gpkg": ["table"], ".csv": ["table"], ".nc": ["table"],
                 ".json": ["model", "document"], ".html": documents, ".txt": documents, ".qgz": documents}
        # Of other endings the program knows what they hold: those of plugins, or none.
        return value.port(kinds[ending]) if ending in kinds else next(iter(value.outputs.values()))
    raise TypeError(f"the output '{name}' must be an output of a step, not {type(value).__name__}")
