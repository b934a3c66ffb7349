"""Steps from Python functions: a manifest and a small program, by the protocol of steps in any language."""
from __future__ import annotations

import atexit
import functools
import inspect
import json
import os
import pathlib
import pickle
import shutil
import sys
import tempfile
import typing

from . import _steps, _yaml


class _Spec:
    kind = ""

    def __init__(self, help=None, **what):
        self.help, self.what = help, what


class Raster(_Spec):
    """A raster as an input (`image: floe.Raster`) or, called, as an output: `floe.Raster(like="image", type="uint8")`.

    like: the input whose grid it has; type: "uint8", "uint16", "int16", "int32", "float32" (default) or "float64"; bands: names; no_data, unit,
    quantity; classes: code -> name. The function is given an `xarray.DataArray` and returns one, or an array.
    """

    kind = "raster"


class Table(_Spec):
    """A table as an input (`points: floe.Table`) or, called, as an output: `floe.Table(like="points", columns={"v": {"type": "number"}})`.

    The function is given a GeoDataFrame (DataFrame without geometry) and returns one.
    """

    kind = "table"


class Document(_Spec):
    """A document: the function is given, or returns, a dict."""

    kind = "document"


class Param:
    """What a parameter's type does not say: `below: typing.Annotated[float, floe.Param("Largest value", unit="1", minimum=0)] = 0.2`."""

    def __init__(self, help=None, *, unit=None, minimum=None, maximum=None, choices=None):
        self.help = help
        self.what = {k: v for k, v in dict(unit=unit, minimum=minimum, maximum=maximum, choices=choices).items() if v is not None}


# What a step tells while it runs


def _tell(**message):
    print(json.dumps(message, default=lambda v: v.item() if hasattr(v, "item") else str(v)), file=sys.stderr, flush=True)


def progress(share):
    """Tells how far a step is, from 0 to 1."""
    _tell(progress=float(share))


def warn(message):
    """Warns, in the run's messages and its record."""
    _tell(message=str(message), level="warning")


def record(**facts):
    """Puts facts into the run's record."""
    _tell(record=facts)


def dropped(count, unit, reason):
    """Counts what a step leaves out, with the reason."""
    _tell(dropped=int(count), unit=unit, reason=reason)


# The declaration


TYPES = {int: "integer", float: "number", bool: "boolean", str: "text", pathlib.Path: "path", os.PathLike: "path"}


def _parameter(function, name, annotation, default):
    extra = []
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *extra = typing.get_args(annotation)
    made = {"help": f"{name.replace('_', ' ')}"}
    for e in extra:
        if isinstance(e, str):
            made["help"] = e
        elif isinstance(e, Param):
            made.update(({"help": e.help} if e.help else {}), **e.what)
    if typing.get_origin(annotation) is typing.Literal:
        made["type"], made["choices"] = "choice", [str(v) for v in typing.get_args(annotation)]
    elif typing.get_origin(annotation) in (list, tuple) and typing.get_args(annotation)[0] in TYPES:
        made["type"] = f"list of {TYPES[typing.get_args(annotation)[0]]}"
    elif annotation in TYPES:
        made["type"] = TYPES[annotation]
    else:
        raise TypeError(
            f"{function.__qualname__}: the parameter '{name}' needs a type that floe knows (int, float, bool, str, pathlib.Path, "
            f"typing.Literal, or a list of them), not {annotation!r}")
    if default is inspect.Parameter.empty:
        made["required"] = True
    elif default is not None:
        made["default"] = default
    return made


def _declare(function, name, outputs):
    hints = typing.get_type_hints(function, include_extras=True)
    inputs, parameters = {}, {}
    for p in inspect.signature(function).parameters.values():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise TypeError(f"{function.__qualname__}: a step's inputs and parameters have names: '{p}' has none")
        annotation = hints.get(p.name, inspect.Parameter.empty)
        bare, help = annotation, None
        if typing.get_origin(annotation) is typing.Annotated:
            bare, *extra = typing.get_args(annotation)
            help = next((e for e in extra if isinstance(e, str)), None)
        spec = bare if isinstance(bare, _Spec) else bare() if isinstance(bare, type) and issubclass(bare, _Spec) else None
        if spec is not None:
            made = {"kind": spec.kind, "help": help or spec.help or p.name.replace("_", " ")}
            if p.default is not inspect.Parameter.empty:
                made["optional"] = True
            inputs[p.name] = made
        else:
            parameters[p.name] = _parameter(function, p.name, annotation, p.default)
    rasters = [n for n, i in inputs.items() if i["kind"] == "raster" and not i.get("optional")]
    made_outputs = {}
    for key, spec in outputs.items():
        spec = spec() if isinstance(spec, type) else spec
        made = {"kind": spec.kind, "help": spec.help or key.replace("_", " "), **spec.what}
        if spec.kind == "raster" and "like" not in made:
            if len(rasters) != 1:
                raise TypeError(f"{function.__qualname__}: the output '{key}' needs like=, the raster input whose grid it has")
            made["like"] = rasters[0]
        made_outputs[key] = made
    doc = inspect.getdoc(function) or ""
    summary, _, discussion = doc.partition("\n\n")
    return {"name": name, "summary": " ".join(summary.split()) or f"{function.__name__}, a function in Python.", "discussion": discussion,
            "inputs": inputs, "parameters": parameters, "outputs": made_outputs}


def _manifest(facts, command, timeout):
    lines = ["floe_step: 1"]
    for key in ("name", "summary", "discussion"):
        if facts[key]:
            # Lines of a discussion are kept by the quotes' own escapes.
            lines.append(f"{key}: {json.dumps(facts[key], ensure_ascii=False)}")
    lines.append("command: [" + ", ".join(json.dumps(word, ensure_ascii=False) for word in command) + "]")
    lines.append(f"timeout: {int(timeout)}")
    for key in ("inputs", "parameters", "outputs"):
        if facts[key]:
            lines.append(f"{key}:")
            lines += [f"  {name}: {_yaml.text(what)}" for name, what in facts[key].items()]
    return "\n".join(lines) + "\n"


def step(name, outputs, *, timeout=3600):
    """Makes a step of a function.

    name: `family.step`. outputs: name -> `floe.Raster(...)`, `floe.Table(...)` or `floe.Document()`. Parameters of the function that are annotated
    with `floe.Raster`, `floe.Table` or `floe.Document` are inputs, the others are parameters of the step; the first sentence of the
    docstring is its summary. The function returns the value of its output, or a dict where there are several.

    What comes back is called like any step of floe; `function` is the function itself, `write(folder)` puts manifest and program into a folder
    that `floe run --plugin-path folder` takes. A step runs in a Python process of its own, to which the function is sent with
    cloudpickle: it sees what it imports and what it refers to, as it was when the step was first used.
    """

    def make(function):
        facts = _declare(function, name, outputs)

        def write(folder):
            folder = pathlib.Path(folder)
            folder.mkdir(parents=True, exist_ok=True)
            stem = name.replace(".", "_")
            try:
                import cloudpickle
            except ImportError:
                raise ImportError("steps from functions need the package cloudpickle: pip install cloudpickle") from None
            kinds = {"inputs": {n: i["kind"] for n, i in facts["inputs"].items()},
                     "parameters": {n: p["type"] for n, p in facts["parameters"].items()},
                     "outputs": facts["outputs"]}
            (folder / f"{stem}.pickle").write_bytes(pickle.dumps(sys.path) + cloudpickle.dumps(
                {"function": function, "kinds": kinds, "file": function.__code__.co_filename if hasattr(function, "__code__") else None}))
            worker = pathlib.Path(__file__).with_name("_worker.py")
            command = [sys.executable, os.fspath(worker), f"{{folder}}/{stem}.pickle"]
            for part, short in (("inputs", "input"), ("parameters", "param"), ("outputs", "output")):
                command += [f"--{short}={n}={{{short}.{n}}}" for n in facts[part]]
            (folder / f"{stem}.floe-step.yaml").write_text(_manifest(facts, command, timeout), encoding="utf-8")
            return folder

        @functools.lru_cache(maxsize=1)
        def folder():
            kept = tempfile.mkdtemp(prefix="floe-step-")
            atexit.register(shutil.rmtree, kept, ignore_errors=True)
            return os.fspath(write(kept))

        made = _steps.function(_declaration(facts), folder)
        made.function, made.write = function, write
        return made

    return make


def _declaration(facts):
    """As `floe steps --json` will have it: enough for signature and docstring."""
    def port(name, what, output=False):
        return {"name": name, "help": what["help"], "kinds": [what["kind"]], "is_required": not what.get("optional", False), "accepts_many": False}

    parameters = []
    for name, what in facts["parameters"].items():
        p = {"name": name, "help": what["help"], "type": what["type"], "is_required": what.get("required", False)}
        p.update({k: what[k] for k in ("unit", "minimum", "maximum", "choices") if k in what})
        if "default" in what:
            d = what["default"]
            p["default_value"] = ("true" if d else "false") if isinstance(d, bool) else [str(v) for v in d] if isinstance(d, (list, tuple)) else str(d)
        parameters.append(p)
    return {"name": facts["name"], "summary": facts["summary"], "discussion": facts["discussion"], "example": "", "presets": [],
            "is_finishing": False, "programs": [], "aliases": [], "parameters": parameters,
            "inputs": [port(n, w) for n, w in facts["inputs"].items()], "outputs": [port(n, w) for n, w in facts["outputs"].items()]}
