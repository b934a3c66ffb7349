"""Tables that tests write, read by floe, and layers as OGR reads them."""
import csv

from osgeo import ogr

from conftest import run_pipeline


def table(tmp_path, text=None, name="t.csv", more="", out="o.csv", expect=0):
    """Rows and warnings of a table that is read and written as CSV, or the sentence that refuses it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    folder, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ t: {{ use: table.read, with: {{ file: "{name}"{more} }} }} }}
outputs: {{ {out}: t.table }}
""", expect=expect)
    if expect:
        return result.err
    assert "HDF5-DIAG" not in result.err
    said = " ".join(w["message"] for w in record["warnings"])
    return (list(csv.DictReader(open(folder / out, newline=""))) if out.endswith(".csv") else folder / out), said


def features(file):
    """The values and points of a layer, and the EPSG code of its system."""
    ds = ogr.Open(str(file))
    layer = ds.GetLayer(0)
    system = layer.GetSpatialRef()
    rows = []
    for f in layer:
        shape = f.GetGeometryRef()
        rows.append({**f.items(), "place": shape and (shape.GetX(), shape.GetY())})
    return rows, system and system.GetAuthorityCode(None)
