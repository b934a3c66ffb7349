"""Running pipelines, and what comes back."""
from __future__ import annotations

import base64
import collections.abc
import html
import json
import os
import pathlib
import re
import tempfile

from . import _files, _program
from ._errors import Problem, RequestError
from ._graph import Pipeline, Port, Step, caller


def run(pipeline, out=None, *, settings=None, seed=None, workers=None, memory=None, progress=None, plugin_path=None, **inputs):
    """Runs a pipeline and returns its outputs.

    pipeline: a pipeline's file, a `Pipeline`, or a dict of outputs (file name -> output of a step).
    out: the folder for the outputs; a temporary one that lives as long as the result without it.
    inputs: the pipeline's inputs by name, as in `scene="S2A_....SAFE"`; arrays and tables are written to files first. Inputs that
    are called like a parameter of this function go into the dict `settings`.
    seed, workers, memory ("2GB"): as of `floe run`; of these the seed alone changes a result.
    progress: True for bars, False for none; by default bars where tqdm is installed.
    plugin_path: a folder with plugins, or several.

    Returns a `Run`. Raises `RequestError` when the request is wrong, with every mistake's file and line, and `RunError` when the
    run failed; an interrupt ends the program, and nothing is left behind.
    """
    if os.environ.get("FLOE_STEP_WORKER"):
        raise RuntimeError("floe.run is called while a step of this file runs: put it under `if __name__ == '__main__':`")
    with tempfile.TemporaryDirectory(prefix="floe-") as kept:
        words, lines_of, name = _words(pipeline, kept, settings, inputs, plugin_path)
        for flag, value in (("--seed", seed), ("--workers", workers), ("--memory", memory)):
            if value is not None:
                # In one word: a value with a minus before it is no flag.
                words.append(f"{flag}={value}")
        holder = tempfile.TemporaryDirectory(prefix="floe-out-") if out is None else None
        folder = pathlib.Path(holder.name if holder else out)
        try:
            _program.execute(
                ["run", *words, "--json", "-o", os.fspath(folder)], progress=progress, place=caller(),
                relocate=lambda text: _mended(text, name, lines_of))
        except RequestError as error:
            raise RequestError(_relocated(error.problems, name, lines_of)) from None
        return Run(folder, holder)


def check(pipeline, *, settings=None, plugin_path=None, **inputs):
    """What `floe check` says of a pipeline, as a dict: order, grids, memory, disk. Nothing is computed.

    Raises `RequestError` with every mistake."""
    with tempfile.TemporaryDirectory(prefix="floe-") as kept:
        words, lines_of, name = _words(pipeline, kept, settings, inputs, plugin_path)
        try:
            return _program.check(words)
        except RequestError as error:
            raise RequestError(_relocated(error.problems, name, lines_of)) from None


def _words(pipeline, kept, settings, inputs, plugin_path):
    """The words for `floe run`, the steps by line, and the file's name."""
    lines_of = {}
    plugin_words = _program.plugin_words(plugin_path)
    if isinstance(pipeline, (Port, Step)):
        raise TypeError("floe.run takes a pipeline or a dict of outputs, as in floe.run({'classes.tif': groups.classes})")
    if isinstance(pipeline, dict):
        pipeline = Pipeline(pipeline)
    elif not isinstance(pipeline, (Pipeline, str, os.PathLike)):
        raise TypeError(f"floe.run takes a pipeline's file, a Pipeline or a dict of outputs, not {type(pipeline).__name__}")
    if isinstance(pipeline, Pipeline):
        plugin_words += _program.plugin_words(pipeline.plugin_path)
        text, lines_of = pipeline._yaml(None, lambda value, source: _files.write(value, os.path.join(kept, source)))
        name = os.path.join(kept, "pipeline.yaml")
        pathlib.Path(name).write_text(text, encoding="utf-8")
    else:
        name = os.fspath(pipeline)
    words = [name, *plugin_words]
    twice = sorted(set(settings or {}) & set(inputs))
    if twice:
        raise TypeError(f"'{twice[0]}' is given in settings and as a keyword; give it once")
    for key, value in {**(settings or {}), **inputs}.items():
        if value is not None:
            words += ["--set", f"{key}={_setting(key, value, kept)}"]
    return words, lines_of, name


def _setting(name, value, kept):
    if _files.is_in_memory(value) and getattr(value, "ndim", 2) > 1:
        return os.fspath(_files.write(value, os.path.join(kept, name)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        words = [_setting(name, v, kept) for v in value]
        for word in words:
            if "," in word:
                raise RequestError([Problem(f"an item of '{name}' holds a comma, which separates items: {word!r}")])
        return ",".join(words)
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _mended(text, name, lines_of):
    """Places in a composed pipeline's file become those of the calls in Python."""
    def place(found):
        step = lines_of.get(int(found[1]))
        return f"{step.place[0]}:{step.place[1]}: " if step is not None else ""

    return re.sub(re.escape(name) + r":(\d+): ", place, text) if lines_of else text


def _relocated(problems, name, lines_of):
    """Problems of a pipeline that Python composed are those of the line that called the step."""
    made = []
    for p in problems:
        step = lines_of.get(p.line) if p.file == name else None
        made.append(step.problem(p.message) if step is not None else Problem(p.message) if lines_of and p.file == name else p)
    return made


class Run(collections.abc.Mapping):
    """The outputs of a run, by their names: `run["ice-lead.tif"]` is an `xarray.DataArray`, a GeoPackage a GeoDataFrame or a dict
    of them, JSON a dict (`floe.read` tells the rest). They are read when asked for."""

    def __init__(self, folder, holder=None):
        self.folder, self._holder, self._values = pathlib.Path(folder), holder, {}
        self.record = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        """What `run.json` holds: versions, fingerprints, times, memory."""

    @property
    def results(self):
        """What the steps recorded: counts, scores, areas, by step."""
        return self.record.get("results", {})

    @property
    def left_out(self):
        """What was left out and why: dicts of count, unit, reason, step."""
        return self.record.get("left_out", [])

    @property
    def warnings(self):
        return self.record.get("warnings", [])

    def _names(self):
        return [o["name"] for o in self.record.get("outputs", []) if (self.folder / o["name"]).exists() and "figures/" not in o["name"]]

    def __iter__(self):
        return iter(self._names())

    def __len__(self):
        return len(self._names())

    def __getitem__(self, name):
        if name not in self._names():
            raise KeyError(f"{name}; the outputs are {', '.join(self._names())}")
        if name not in self._values:
            self._values[name] = _files.read(self.folder / name)
        return self._values[name]

    def path(self, name):
        """Where an output lies."""
        if name not in self._names():
            raise KeyError(f"{name}; the outputs are {', '.join(self._names())}")
        return self.folder / name

    def figure(self, name):
        """The PNG of one of the report's figures as bytes; `figures` lists them."""
        if name not in self.figures:
            raise KeyError(f"{name}; the figures are {', '.join(self.figures) or 'none: the run made no report'}")
        return (self.folder / "figures" / f"{name}.png").read_bytes()

    @property
    def figures(self):
        """Names of the report's figures."""
        return sorted(p.stem for p in (self.folder / "figures").glob("*.gp"))

    def __repr__(self):
        return f"<run of {self.record.get('title') or 'an untitled pipeline'}: {', '.join(self._names())}; in {self.folder}>"

    def _repr_html_(self):
        """The map of the report, areas and scores, outputs, and what was left out."""
        parts = [f"<h4>{html.escape(self.record.get('title') or 'floe')}</h4>"]
        maps = [f for f in self.figures if f.startswith("map-")]
        classes = [m for m in maps if any(m == "map-" + pathlib.Path(n).stem for n in self._names())]
        rows = [(step, a.get("label", a["name"]), f"{a['area_km2']:.2f} km²", f"{100 * a['share']:.2f} %")
                for step, told in self.results.items() if isinstance(told, dict) for a in told.get("class_areas") or []]
        # For readers who do not see the map.
        said = ", ".join(f"{label} {area} ({share})" for _, label, area, share in rows)
        for name in (classes or maps)[:1]:
            data = base64.b64encode(self.figure(name)).decode()
            alt = html.escape(f"Map {name[len('map-'):]}" + (f": {said}" if said else ""))
            parts.append(f'<img alt="{alt}" style="max-width:640px;width:100%" src="data:image/png;base64,{data}">')
        parts.append(_table(["step", "class", "area", "share"], rows))
        rows = []
        for step, told in self.results.items():
            score = told.get("score") if isinstance(told, dict) else None
            if isinstance(score, dict) and "accuracy" in score:
                rows.append((step, score.get("evaluated", score.get("pairs", "")), f"{score['accuracy']:.3f}"))
        parts.append(_table(["comparison", "n", "accuracy"], rows))
        parts.append(_table(["output", "kind"], [(o["name"], o["kind"]) for o in self.record.get("outputs", []) if "figures/" not in o["name"]]))
        # A number with its reason stands once, with all steps that counted it.
        again = {}
        for d in self.left_out:
            again.setdefault((d["count"], d["unit"], d["reason"]), []).append(d.get("step", ""))
        parts.append(_table(["left out", "", "reason", "steps"], [(*told, ", ".join(steps)) for told, steps in again.items()]))
        return "".join(parts)


def _table(heads, rows):
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def compute(*ports, **options):
    """The values of several outputs in one run, in their order; options are those of `floe.run`."""
    from ._graph import ENDINGS
    if not ports:
        raise RequestError([Problem("floe.compute needs at least one output, as in floe.compute(groups.classes)", *caller())])
    ports = [next(iter(p.outputs.values())) if isinstance(p, Step) else p for p in ports]
    for port in ports:
        if not isinstance(port, Port):
            raise TypeError(f"floe.compute takes outputs of steps, not {type(port).__name__}")
    names = [f"{i + 1}-{p.name}{ENDINGS[p.kind]}" for i, p in enumerate(ports)]
    done = run(dict(zip(names, ports)), **options)
    return tuple(done[n] for n in names)


def info(path, plugin_path=None):
    """What `floe info` says of a product or a file, as a dict."""
    return json.loads(_program.ask("info", os.fspath(path), "--json", *_program.plugin_words(plugin_path)))
