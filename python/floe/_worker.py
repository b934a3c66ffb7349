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
    returned = sent["function"](**arguments)
    values = returned if isinstance(returned, dict) and set(returned) == set(kinds["outputs"]) else None
    if values is None:
        if len(kinds["outputs"]) != 1:
            raise SystemExit(f"the function must return a dict of {', '.join(kinds['outputs'])}, not {type(returned).__name__}")
        values = {next(iter(kinds["outputs"])): returned}
    for name, path in outputs.items():
        _write(_files, values[name], kinds["outputs"][name], path, arguments)
    floe.progress(1)


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
        import pyogrio
        # Tables without geometry, too.
        pyogrio.write_dataframe(value, path, driver="GPKG", layer="table", dataset_options={"VERSION": "1.2"})
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
