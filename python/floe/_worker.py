"""The program behind a step that is a Python function: started by floe, never imported."""
import os
import pathlib
import pickle
import sys


def main():
    os.environ["FLOE_STEP_WORKER"] = "1"
    # In place of this file's folder, whose modules are the package's own.
    sys.path[0] = os.fspath(pathlib.Path(__file__).resolve().parents[1])
    import floe
    from floe import _files
    pickled, *words = sys.argv[1:]
    with open(pickled, "rb") as file:
        # First where modules were found when the function was sent: it may refer to some of them.
        sys.path += [place for place in pickle.load(file) if place not in sys.path]
        sent = pickle.load(file)
    kinds, arguments, outputs = sent["kinds"], {}, {}
    for word in words:
        what, name, value = word.removeprefix("--").split("=", 2)
        if what == "input":
            arguments[name] = _files.read(value)
        elif what == "output":
            outputs[name] = value
        else:
            arguments[name] = _parameter(kinds["parameters"][name], value)
    try:
        returned = sent["function"](**arguments)
    except Exception as error:
        sys.exit(_told(error, sent.get("file")))
    values = returned if isinstance(returned, dict) and set(returned) == set(kinds["outputs"]) else None
    if values is None:
        if len(kinds["outputs"]) != 1:
            raise SystemExit(f"the function must return a dict of {', '.join(kinds['outputs'])}, not {type(returned).__name__}")
        values = {next(iter(kinds["outputs"])): returned}
    for name, path in outputs.items():
        _write(_files, values[name], kinds["outputs"][name], path, arguments)
    floe.progress(1)


def _told(error, file):
    """One line with the place in the function's own file; the whole traceback goes to whoever asks for more (`--verbose`, `--log`).

    cloudpickle sends functions without the name of their file, and so do those that they call beside them."""
    import traceback

    from floe._external import _tell
    frames = [(file if f.filename == "<dynamic-code>" and file else f.filename, f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__)]
    # The first frame is this program's. The last one outside of installed packages is the user's own.
    own = [f for f in frames[1:] if f"{os.sep}site-packages{os.sep}" not in f[0] and f"{os.sep}dist-packages{os.sep}" not in f[0]
           and not f[0].startswith((os.path.dirname(os.__file__) + os.sep, "<frozen"))] or frames[1:] or frames
    place, line, name = own[-1]
    lines = [f"{p}:{n} in {f}" for p, n, f in frames[1:]]
    said = " ".join(str(error).split())
    _tell(message=" > ".join(lines), level="debug")
    return f"{place}:{line}: in {name}: {type(error).__name__}{': ' + said if said else ''}"


def _parameter(kind, text):
    if kind.startswith("list of "):
        return [_parameter(kind[len("list of "):], t) for t in text.split(",")] if text else []
    if kind == "boolean":
        return text == "true"
    return {"integer": int, "number": float, "path": pathlib.Path}.get(kind, str)(text)


def _write(_files, value, what, path, arguments):
    import json

    import numpy as np
    if what["kind"] == "document":
        pathlib.Path(path).write_text(json.dumps(value, default=lambda v: v.item() if hasattr(v, "item") else str(v)))
    elif what["kind"] == "table":
        _files.write_table(value, path, "table", index=False)
    else:
        like = arguments[what["like"]]
        array = np.asarray(value)
        array = array[None] if array.ndim == 2 else array
        if array.shape[1:] != like.shape[1:]:
            raise SystemExit(f"the raster must have the {like.shape[1]} rows and {like.shape[2]} columns of '{what['like']}', not {array.shape[1:]}")
        # A plain array takes the place of the raster that it is like.
        made = like.isel(band=[0] * len(array)).copy(data=array.astype(what.get("type", "float32")))
        made = made.assign_coords(band=[str(i) for i in range(len(array))])
        made.attrs, made.encoding = ({"_FillValue": what["no_data"]} if "no_data" in what else {}), {}
        _files.write_raster(made, path)


if __name__ == "__main__":
    main()
