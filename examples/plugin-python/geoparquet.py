"""Writes the one layer of a GeoPackage as GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/)."""
import argparse
import datetime
import json
import sqlite3
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

p = argparse.ArgumentParser()
p.add_argument("input")
p.add_argument("output")
p.add_argument("--provenance")
p.add_argument("--compression", default="zstd")
a = p.parse_args()

TYPES = {1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon",
         7: "GeometryCollection"}
# GeoPackage 1.3, table 1: what a column may be declared as.
INTEGERS = {"TINYINT": pa.int8(), "SMALLINT": pa.int16(), "MEDIUMINT": pa.int32(), "INT": pa.int64(), "INTEGER": pa.int64()}


def well_known_binary(blob):
    """The WKB after the header of a GeoPackage's geometry, clause 2.1.3: flags say how long the envelope is."""
    if blob is None or blob[3] & 0b10000:
        return None
    return blob[8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]:]


def column(declared, values):
    kind = declared.upper().split("(")[0]
    if kind in INTEGERS:
        return pa.array(values, INTEGERS[kind])
    if kind in ("REAL", "DOUBLE", "FLOAT"):
        return pa.array(values, pa.float32() if kind == "FLOAT" else pa.float64())
    if kind == "BOOLEAN":
        return pa.array([None if v is None else bool(v) for v in values], pa.bool_())
    if kind == "DATETIME":
        times = [None if v is None else datetime.datetime.fromisoformat(v.replace("Z", "+00:00")) for v in values]
        return pa.array(times, pa.timestamp("us", tz="UTC"))
    return pa.array(values, pa.binary() if kind == "BLOB" else pa.string())


db = sqlite3.connect(f"file:{a.input}?mode=ro", uri=True)
(layer, kind), = db.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall()
columns = [(row[1], row[2]) for row in db.execute(f'PRAGMA table_info("{layer.replace(chr(34), chr(34) * 2)}")')]
rows = db.execute(f'SELECT * FROM "{layer.replace(chr(34), chr(34) * 2)}" ORDER BY 1').fetchall()
geometry = db.execute(
    "SELECT g.column_name, s.definition, s.organization, s.organization_coordsys_id, s.srs_id FROM gpkg_geometry_columns g"
    " JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE table_name = ?", (layer,)).fetchone()
fields, metadata = {}, {}
for i, (name, declared) in enumerate(columns):
    values = [row[i] for row in rows]
    if geometry and name == geometry[0]:
        values = [well_known_binary(v) for v in values]
        fields[name] = pa.array(values, pa.binary())
        kinds = {struct.unpack("<I" if v[0] else ">I", v[1:5])[0] for v in values if v}
        about = {"encoding": "WKB", "geometry_types": sorted(TYPES[k % 1000] + (" Z" if k // 1000 == 1 else "") for k in kinds)}
        # Without 'crs' readers take longitude and latitude; null says that the system is not known.
        about["crs"] = pyproj.CRS.from_wkt(geometry[1]).to_json_dict() if geometry[4] > 0 else None
        metadata["geo"] = json.dumps(
            {"version": "1.1.0", "primary_column": name, "columns": {name: about}}, sort_keys=True)
    elif i > 0 or declared.upper() != "INTEGER":  # the first is the GeoPackage's own number of the row
        fields[name] = column(declared, values)
if not geometry:
    print(json.dumps({"message": "the table has no geometry: the file is plain Parquet", "level": "warning"}), file=sys.stderr)
if a.provenance:
    metadata["floe:provenance"] = open(a.provenance, encoding="utf-8").read()
table = pa.table(fields).replace_schema_metadata(metadata)
pq.write_table(table, a.output, compression=a.compression)
print(json.dumps({"progress": 1.0, "message": f"{len(rows)} rows, {len(fields)} columns"}), file=sys.stderr)
