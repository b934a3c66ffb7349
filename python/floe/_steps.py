"""A function for each step, made from its declaration."""
from __future__ import annotations

import inspect
import keyword
import os
import textwrap

from . import _files, _program
from ._errors import Problem, RequestError
from ._graph import Input, Port, Step, caller


def function(declaration, plugin_path=None):
    """The function of a step: inputs first, then parameters by name; returns a `Step` that waits to be run."""
    inputs = {p["name"]: p for p in declaration["inputs"]}
    parameters = {p["name"]: p for p in declaration["parameters"]}
    presets = [p["name"] for p in declaration["presets"]]
    signature = _signature(declaration)

    def step(*args, **kwargs):
        place = caller()
        kwargs = {_declared(name): value for name, value in kwargs.items()}
        if len(args) > len(inputs):
            taken = f"at most {', '.join(inputs)} by position" if inputs else "no input by position"
            some = next(iter(parameters), None)
            raise TypeError(f"{declaration['name']} takes {taken}; parameters have names" + (f", as in {_word(some)}=..." if some else ""))
        given = dict(zip(inputs, args))
        for name in kwargs:
            if name in given:
                raise TypeError(f"{declaration['name']} got '{name}' twice")
            if name not in inputs and name not in parameters and not (name == "preset" and presets):
                raise RequestError([Problem(
                    f"{declaration['name']} has no parameter '{name}'{_near(name, [*inputs, *parameters])}", *place)])
        given.update({k: v for k, v in kwargs.items() if k in inputs})
        missing = [n for n, p in inputs.items() if p["is_required"] and given.get(n) is None]
        missing += [n for n, p in parameters.items() if p["is_required"] and kwargs.get(n) is None]
        if missing:
            raise RequestError([Problem(f"{declaration['name']} needs {' and '.join(repr(n) for n in missing)}", *place)])
        connections = {n: _values(declaration["name"], inputs[n], v, place) for n, v in given.items() if v is not None}
        settings = {}
        for name, value in kwargs.items():
            if name in inputs:
                continue
            kind = parameters[name]["type"] if name in parameters else "choice"
            if value is None and kind.endswith(" or none"):
                value = "none"
            if value is not None:
                settings[name] = value
        return Step(declaration, connections, settings, place, plugin_path)

    step.__name__ = declaration["name"].rsplit(".", 1)[-1]
    step.__qualname__ = declaration["name"]
    step.__module__ = "floe"
    step.__doc__ = docstring(declaration)
    step.__signature__ = signature
    step.declaration = declaration
    return step


def _word(name):
    """A parameter's name as Python takes it: one that is a word of the language has `_` after it, `from_`."""
    return name + "_" if keyword.iskeyword(name) else name


def _declared(word):
    """The name that the step declares for a word of Python's."""
    return word[:-1] if word.endswith("_") and keyword.iskeyword(word[:-1]) else word


def _near(name, names):
    import difflib
    found = difflib.get_close_matches(name, names, 1)
    return f"; did you mean '{found[0]}'?" if found else f"; it has {', '.join(names)}"


def _values(use, port, value, place):
    # A list is several values only where several are taken.
    values = list(value) if port["accepts_many"] and isinstance(value, (list, tuple)) else [value]
    made = []
    for v in values:
        if isinstance(v, Step):
            try:
                v = v.port(port["kinds"])
            except TypeError as error:
                raise RequestError([Problem(f"'{port['name']}' of {use} takes a {' or '.join(port['kinds'])}: {error}", *place)]) from None
        if isinstance(v, Port) and not set(v.kinds) & set(port["kinds"]):
            raise RequestError([Problem(
                f"'{port['name']}' of {use} takes a {' or '.join(port['kinds'])}, not the {' or '.join(v.kinds)} "
                f"'{v.name}' of {v.step.use}", *place)])
        if not isinstance(v, (Port, Input, str, os.PathLike, dict)) and not _files.is_in_memory(v):
            raise RequestError([Problem(
                f"'{port['name']}' of {use} takes a step's output, a path, an array or a table, not {type(v).__name__}", *place)])
        made.append(v)
    return made


def _default(info):
    """The declared default as a Python value; None where there is none."""
    value, kind = info.get("default_value"), info["type"]
    if value is None:
        return None

    def one(text, kind):
        if not isinstance(text, str):
            return text
        for make in {"boolean": [lambda t: t == "true"], "integer": [int], "number": [int, float]}.get(kind.split(" or ")[0], []):
            try:
                return make(text)
            except ValueError:
                continue
        return None if text == "none" and kind.endswith(" or none") else text

    if kind.startswith("list of "):
        return [one(v, kind[len("list of "):]) for v in (value if isinstance(value, list) else [value])]
    return one(value, kind)


def _signature(declaration):
    kind = inspect.Parameter
    made = [kind(p["name"], kind.POSITIONAL_OR_KEYWORD, default=kind.empty if p["is_required"] else None) for p in declaration["inputs"]]
    made.sort(key=lambda p: p.default is not kind.empty)
    for p in declaration["parameters"]:
        made.append(kind(_word(p["name"]), kind.KEYWORD_ONLY, default=kind.empty if p["is_required"] else _default(p)))
    if declaration["presets"]:
        made.append(kind("preset", kind.KEYWORD_ONLY, default=None))
    return inspect.Signature(made)


def _wrapped(text, indent="    "):
    return textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


def docstring(declaration):
    """What the declaration says, in NumPy's form."""
    parts = [declaration["summary"], declaration["discussion"].strip()]
    lines = []
    for p in declaration["inputs"]:
        more = ("" if p["is_required"] else ", optional") + (", or a list of them" if p["accepts_many"] else "")
        lines += [f"{p['name']} : {' or '.join(p['kinds'])}{more}", _wrapped(p["help"] + ".")]
    for p in declaration["parameters"]:
        said = [p["type"]]
        if "choices" in p and p["type"] != "boolean":
            said.append("one of " + ", ".join(p["choices"]))
        if "minimum" in p or "maximum" in p:
            low, high = p.get("minimum"), p.get("maximum")
            said.append(f"{low:g} to {high:g}" if None not in (low, high) else f"at least {low:g}" if low is not None else f"at most {high:g}")
        if p.get("unit"):
            said.append(f"in {p['unit']}")
        said.append("required" if p["is_required"] else f"default {_default(p)!r}" if p.get("default_value") is not None else "optional")
        lines += [f"{p['name']} : {', '.join(said)}", _wrapped(p["help"] + ".")]
    if declaration["presets"]:
        lines.append(f"preset : one of {', '.join(p['name'] for p in declaration['presets'])}, optional")
        lines += [_wrapped(f"{p['name']}: {p['help']}.") for p in declaration["presets"]]
    if lines:
        parts.append("Parameters\n----------\n" + "\n".join(lines))
    lines = []
    for p in declaration["outputs"]:
        when = f", if {p['condition'].replace('`', '')}" if p.get("condition") else ""
        lines += [f"{p['name']} : {' or '.join(p['kinds'])}{when}", _wrapped(p["help"] + ".")]
    parts.append("Outputs\n-------\n" + "\n".join(lines))
    if declaration["example"].strip():
        parts.append("In a pipeline's file\n--------------------\n" + textwrap.indent(declaration["example"].strip(), "    "))
    return "\n\n".join(p for p in parts if p)


class Family:
    """The steps of one family as functions, as in `floe.cluster.gmm`."""

    def __init__(self, name, functions):
        self._name, self._functions = name, functions
        self.__doc__ = f"Steps of {name}:\n\n" + "\n".join(f"{n}: {f.declaration['summary']}" for n, f in functions.items())

    def __getattr__(self, name):
        functions = self.__dict__.get("_functions", {})
        if name in functions:
            return functions[name]
        raise AttributeError(f"there is no step '{self.__dict__.get('_name')}.{name}'; there are {', '.join(functions)}")

    def __dir__(self):
        return list(self._functions)

    def __repr__(self):
        return self.__doc__


def families(plugin_path=None):
    """All steps by family and name."""
    found = {}
    for declaration in _program.steps(plugin_path):
        family, _, name = declaration["name"].partition(".")
        found.setdefault(family, {})[name.replace(".", "_").replace("-", "_")] = function(declaration, plugin_path)
    return {family: Family(family, functions) for family, functions in found.items()}
