"""floe from Python: sea ice and leads from satellite products, step by step."""
from __future__ import annotations

__version__ = "0.1.0"

from ._errors import FloeError, FloeWarning, Problem, ProgramNotFound, RequestError, RunError
from ._external import Param, Table, Raster, Document, dropped, progress, record, step, warn
from ._files import from_array, read
from ._graph import Input, Pipeline, Port, Step
from ._program import example, program
from ._run import Run, check, compute, info, run

__all__ = [
    "Document", "FloeError", "FloeWarning", "Input", "Param", "Pipeline", "Port", "Problem", "ProgramNotFound", "Raster",
    "RequestError", "Run", "RunError", "Step", "Table", "check", "compute", "dropped", "example", "from_array", "info", "load", "program",
    "progress", "read", "record", "run", "step", "steps", "warn"]

_families = None


def load(plugin_path=None):
    """Asks floe for its steps again, with those of the plugins in a folder (or several), and makes their functions."""
    global _families
    from . import _program, _steps
    _program._steps.cache_clear()
    _families = _steps.families(plugin_path)
    return sorted(_families)


def steps():
    """The steps as a dict: name -> summary."""
    return {f.declaration["name"]: f.declaration["summary"] for family in _all().values() for f in family._functions.values()}


def _all():
    if _families is None:
        load()
    return _families


def __getattr__(name):
    # Families of steps, asked for when first used: floe.cluster, floe.sentinel2.
    if name.startswith("_"):
        raise AttributeError(name)
    families = _all()
    if name in families:
        return families[name]
    raise AttributeError(f"floe has no '{name}'; families of steps are {', '.join(sorted(families))}")


def __dir__():
    return sorted([*__all__, *(_families or {})])
