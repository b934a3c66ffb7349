"""Damage to files: of their bytes, and of what the format means. All choices come from the generator that is passed."""
import json
import re
import sqlite3
import struct
import zipfile
import zlib

import netCDF4
import numpy as np

NUMBERS = ["0", "-1", "1e300", "-1e300", "nan", "inf", "1e-300", "9223372036854775808", "2147483648", "65536", "0.5", "", "x"]
TEXTS = ["", " ", "\u0301", "../../x", "$x", "a" * 5000, "]]>", "\"'\\", "\u202e", "é", "1\n2", "{}", "[]", "null"]


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def damage_bytes(path, rng):
    """Damage that knows nothing of the format."""
    data = bytearray(path.read_bytes())
    if not data:
        return "empty already"
    kind = pick(rng, ["flip", "flips", "zeros", "cut", "double", "insert", "swap", "ones", "tail"])
    at = int(rng.integers(len(data)))
    length = int(min(len(data) - at, 1 << int(rng.integers(0, 13))))
    if kind == "flip":
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == "flips":
        for _ in range(int(rng.integers(2, 20))):
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
    elif kind == "zeros":
        data[at:at + length] = bytes(length)
    elif kind == "ones":
        data[at:at + length] = b"\xff" * length
    elif kind == "cut":
        del data[at:]
    elif kind == "double":
        data[at:at] = data[at:at + length]
    elif kind == "insert":
        data[at:at] = bytes(rng.integers(0, 256, length, dtype=np.uint8))
    elif kind == "swap":
        other = int(rng.integers(len(data) - length + 1))
        data[at:at + length], data[other:other + length] = data[other:other + length], data[at:at + length]
    else:
        data += bytes(rng.integers(0, 256, 100, dtype=np.uint8))
    path.write_bytes(data)
    return f"{kind} at {at}, {length} bytes"


def damage_cut(path, rng):
    """A file whose end did not arrive, most often the last bytes."""
    data = path.read_bytes()
    lost = int(rng.integers(1, 64)) if rng.integers(2) else int(rng.integers(1, len(data)))
    path.write_bytes(data[:-lost])
    return f"{lost} bytes lost"


def damage_text(path, rng):
    """Damage to lines, words and numbers of a text."""
    text = path.read_bytes().decode("utf-8", "replace")
    kind = pick(rng, ["number", "word", "drop line", "double line", "swap lines", "cut", "quote", "character"])
    lines = text.split("\n")
    i = int(rng.integers(len(lines)))
    if kind == "number":
        found = list(re.finditer(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text))
        if found:
            m = pick(rng, found)
            text = text[:m.start()] + pick(rng, NUMBERS) + text[m.end():]
    elif kind == "word":
        found = list(re.finditer(r"[A-Za-z_]{2,}", text))
        if found:
            m = pick(rng, found)
            text = text[:m.start()] + pick(rng, TEXTS) + text[m.end():]
    elif kind == "drop line":
        text = "\n".join(lines[:i] + lines[i + 1:])
    elif kind == "double line":
        text = "\n".join(lines[:i + 1] + lines[i:])
    elif kind == "swap lines":
        j = int(rng.integers(len(lines)))
        lines[i], lines[j] = lines[j], lines[i]
        text = "\n".join(lines)
    elif kind == "cut":
        text = text[:int(rng.integers(len(text) + 1))]
    elif kind == "quote":
        at = int(rng.integers(len(text) + 1))
        text = text[:at] + pick(rng, ["\"", "'", "<", ">", "&", ",", ";", ":", "{", "}", "[", "]", "#", "\t"]) + text[at:]
    else:
        at = int(rng.integers(len(text) + 1))
        text = text[:at] + pick(rng, ["\0", "\r", "\x1b[31m", "\u2028", "\ufeff", "\x7f"]) + text[at:]
    path.write_bytes(text.encode())
    return kind


def damage_xml(path, rng):
    """Damage to elements: their text, their attributes, their being there."""
    text = path.read_text()
    kind = pick(rng, ["text", "text", "attribute", "drop", "double", "rename"])
    leaves = list(re.finditer(r"<([A-Za-z_0-9:]+)([^<>]*)>([^<>]*)</\1>", text))
    if not leaves:
        return damage_text(path, rng)
    m = pick(rng, leaves)
    if kind == "text":
        new = f"<{m[1]}{m[2]}>{pick(rng, NUMBERS + ['&#0;', '2019-02-31T99:00:00Z', 'TRUE'])}</{m[1]}>"
    elif kind == "attribute":
        new = m[0].replace(m[2], re.sub(r'"[^"]*"', f'"{pick(rng, NUMBERS)}"', m[2], count=1), 1) if m[2] else ""
    elif kind == "drop":
        new = ""
    elif kind == "double":
        new = m[0] * 2
    else:
        new = f"<X{m[1]}{m[2]}>{m[3]}</X{m[1]}>"
    path.write_text(text[:m.start()] + new + text[m.end():])
    return f"{kind} of {m[1]}"


def damage_json(path, rng):
    """Another value somewhere in a JSON text."""
    tree = json.loads(path.read_text())
    places = []

    def walk(node):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(tree)
    node, key = pick(rng, places)
    kind = pick(rng, ["value", "value", "drop", "double"])
    if kind == "value":
        node[key] = pick(rng, [0, -1, 2, 1e300, -1e300, 1e-300, 2**63, None, True, "x", "", [], {}, [1, 2], "NaN", 0.5])
    elif kind == "drop" or isinstance(node, dict):
        del node[key]
    else:
        node.insert(key, node[key])
    path.write_text(json.dumps(tree))
    return f"{kind} at {key}"


def damage_csv(path, rng):
    """Damage to one field of a table."""
    rows = [line.split(",") for line in path.read_text().splitlines()]
    row = pick(rng, rows)
    i = int(rng.integers(len(row)))
    kind = pick(rng, ["value", "open quote", "surplus", "short", "exponent", "latin1"])
    if kind == "value":
        row[i] = pick(rng, NUMBERS + ["0.7125D+02", "18446744073709551616", "1,5", "0x10", "1e5", "-0", "+3", "1_000"])
    elif kind == "open quote":
        row[i] = '"' + row[i]
    elif kind == "surplus":
        row.insert(i, "9")
    elif kind == "short":
        del row[i]
    elif kind == "exponent":
        row[i] += "d3"
    text = "\n".join(",".join(r) for r in rows) + "\n"
    path.write_bytes(text.encode() + ("é,1\n".encode("latin1") if kind == "latin1" else b""))
    return kind


def damage_netcdf(path, rng):
    """Damage to attributes and values of a variable."""
    with netCDF4.Dataset(path, "a") as d:
        d.set_auto_maskandscale(False)
        v = d[pick(rng, sorted(d.variables))]
        kind = pick(rng, ["scale", "offset", "missing", "range", "units", "unsigned", "values", "value", "drop"])
        if kind == "scale":
            v.scale_factor = pick(rng, [0.0, -1.0, np.float64(1e300), np.float64("nan"), "0.01", "x"])
        elif kind == "offset":
            v.add_offset = pick(rng, [1e300, float("inf"), "3", -5.0])
        elif kind == "missing":
            v.setncattr("missing_value", pick(rng, [v.dtype.type(0), np.float64(1e20), "x", v.dtype.type(1)]))
        elif kind == "range":
            v.valid_min, v.valid_max = v.dtype.type(0), v.dtype.type(pick(rng, [0, 1, 100]))
        elif kind == "units":
            v.units = pick(rng, ["seconds since 1900-01-01", "days since 2000-01-01", "x", "", "seconds since 2019-02-31"])
        elif kind == "unsigned":
            v.setncattr("_Unsigned", pick(rng, ["true", "false", "x"]))
        elif kind == "values" and v.size:
            v[:] = np.full(v.shape, pick(rng, [0, 1, -1, 100]), v.dtype)
        elif kind == "value" and v.size:
            data = v[:]
            flat = data.reshape(-1)
            limit = np.iinfo(v.dtype) if v.dtype.kind in "iu" else np.finfo(v.dtype)
            flat[int(rng.integers(flat.size))] = pick(rng, [limit.max, limit.min, v.dtype.type(0)])
            v[:] = data
        elif v.ncattrs():
            name = pick(rng, [a for a in v.ncattrs() if a != "_FillValue"] or ["_FillValue"])
            if name != "_FillValue":
                v.delncattr(name)
        return f"{kind} of {v.name}"


def damage_tiff(path, rng):
    """Another number in one entry of the first directory."""
    data = bytearray(path.read_bytes())
    start = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[start:start + 2])[0]
    at = start + 2 + 12 * int(rng.integers(count))
    field = pick(rng, [0, 2, 4, 8])
    size = 2 if field < 4 else 4
    value = pick(rng, [0, 1, 2, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1]) % (1 << (8 * size))
    data[at + field:at + field + size] = value.to_bytes(size, "little")
    path.write_bytes(data)
    return f"entry at {at}, field {field} is {value}"


def damage_geopackage(path, rng):
    """Other values in the tables of a GeoPackage."""
    with sqlite3.connect(path) as db:
        # They call functions that only spatial libraries have.
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        layer = db.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        columns = [r[1] for r in db.execute(f'PRAGMA table_info("{layer}")')]
        kind = pick(rng, ["value", "value", "geometry", "srs", "type", "extent", "drop row", "contents"])
        row = int(rng.integers(1, 20))
        if kind == "value":
            db.execute(f'UPDATE "{layer}" SET "{pick(rng, columns[2:])}" = ? WHERE rowid = ?',
                       (pick(rng, ["text", 1e300, -1, None, b"\0\1", 2**62, "", "1.5", float("inf")]), row))
        elif kind == "geometry":
            blob = bytearray(db.execute(f'SELECT "{columns[1]}" FROM "{layer}" WHERE rowid = ?', (row,)).fetchone()[0])
            blob[int(rng.integers(len(blob)))] ^= 1 << int(rng.integers(8))
            db.execute(f'UPDATE "{layer}" SET "{columns[1]}" = ? WHERE rowid = ?', (bytes(blob), row))
        elif kind == "srs":
            db.execute("UPDATE gpkg_spatial_ref_sys SET definition = ? WHERE srs_id > 0", (pick(rng, ["", "x", "GEOGCS[]"]),))
        elif kind == "type":
            db.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (pick(rng, ["POLYGON", "x", "", "CURVE"]),))
        elif kind == "extent":
            db.execute("UPDATE gpkg_contents SET min_x = ?, max_y = ?", (pick(rng, [None, 1e300, "x"]), 5))
        elif kind == "drop row":
            db.execute(f'DELETE FROM "{layer}" WHERE rowid = ?', (row,))
        else:
            db.execute("UPDATE gpkg_contents SET table_name = ?", (pick(rng, ["", "x", "gpkg_contents"]),))
    return kind


def damage_zip(path, rng):
    """A wrong checksum, another method, other content or a name that leads elsewhere."""
    kind = pick(rng, ["crc", "method", "stored bytes", "name", "size", "bytes"])
    data = bytearray(path.read_bytes())
    entries = [m.start() for m in re.finditer(b"PK\x01\x02", data)]
    if kind == "bytes" or not entries:
        return damage_bytes(path, rng)
    at = pick(rng, entries)
    if kind == "crc":
        data[at + 16:at + 20] = struct.pack("<I", int(rng.integers(2**32)))
    elif kind == "method":
        data[at + 10:at + 12] = struct.pack("<H", pick(rng, [1, 9, 14, 99]))
    elif kind == "size":
        data[at + 24:at + 28] = struct.pack("<I", pick(rng, [0, 1, 2**31, 2**32 - 2]))
    elif kind == "name":
        data[at + 46] = pick(rng, [0, 46, 47, 92, 255])
    else:
        local = struct.unpack("<I", data[at + 42:at + 46])[0]
        size = struct.unpack("<I", data[at + 20:at + 24])[0]
        name, extra = struct.unpack("<HH", data[local + 26:local + 30])
        if size:
            data[local + 30 + name + extra + int(rng.integers(size))] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)
    return kind


def pack(folder, archive):
    """A product folder as an archive, deflated, with the same bytes each time."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                z.writestr(zipfile.ZipInfo(str(file.relative_to(folder.parent)), (2020, 1, 1, 0, 0, 0)), file.read_bytes(),
                           zipfile.ZIP_STORED if file.suffix == ".jp2" else zipfile.ZIP_DEFLATED)
    return archive


def crc(path):
    return zlib.crc32(path.read_bytes())


def damage_zarr(root, rng):
    """Damage to one file of a Zarr store: a description, attributes, their copies, a chunk, or its being there."""
    kind = pick(rng, [".zarray", ".zarray", ".zattrs", ".zmetadata", "chunk", "chunk", "drop", "text"])
    looks = bool(rng.integers(2))

    def files(pattern):
        """Half of the damage is where the run looks."""
        found = sorted(p for p in root.rglob(pattern) if p.is_file())
        near = [p for p in found if p.parent == root or p.parent.parent.name == "r10m" and p.parent.name in ("b04", "b08", "x", "y")]
        return near if looks and near else found

    if kind == "drop":
        file = pick(rng, files("*"))
        file.unlink()
        return f"drop of {file.relative_to(root)}"
    if kind == "chunk":
        file = pick(rng, files("[0-9]*"))
        return f"{file.relative_to(root)}: {damage_bytes(file, rng)}"
    name = pick(rng, [".zarray", ".zattrs"]) if kind == "text" else kind
    file = pick(rng, files(name))
    if kind == "text":
        return f"{file.relative_to(root)}: {damage_text(file, rng)}"
    if kind == ".zarray" and rng.integers(2):
        tree = json.loads(file.read_text())
        key, value = pick(rng, [
            ("dtype", ">u2"), ("dtype", "<i2"), ("dtype", "|u1"), ("dtype", "<f4"), ("order", "F"), ("shape", [300, 300]),
            ("chunks", [125, 500]), ("chunks", [500, 125]), ("chunks", [360, 360]), ("dimension_separator", "/"),
            ("filters", [{"id": "delta", "dtype": "<u2"}]), ("compressor", None), ("fill_value", 7), ("fill_value", None)])
        tree[key] = value
        file.write_text(json.dumps(tree))
        return f"{file.relative_to(root)}: {key} is {value}"
    return f"{file.relative_to(root)}: {damage_json(file, rng)}"
