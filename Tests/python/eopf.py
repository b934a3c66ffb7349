"""EOPF Zarr products from .SAFE products, written by numpy and json after the Zarr storage specification, version 2
(https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html). What of the .SAFE goes where stands in ESA's mappings
S02MSIL1C_PSD15.json and S02MSIL2A_PSD15.json of the package eopf 2.8.1."""
import glob
import json
import pathlib
import shutil
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np
from osgeo import gdal

NATIVE = {"B01": 60, "B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20, "B08": 10, "B8A": 20, "B09": 60,
          "B10": 60, "B11": 20, "B12": 20}
# Ragged at the end of the made tile; real products have 1830, 915 and 305.
CHUNKS = {10: 250, 20: 125, 60: 42}
# What eopf's store writes (blosc with zstd, level 3, shuffle of bits), as GDAL's driver is asked for it.
BLOSC = ["COMPRESS=BLOSC", "BLOSC_CNAME=zstd", "BLOSC_CLEVEL=3", "BLOSC_SHUFFLE=BIT"]


class Store:
    """A Zarr store of version 2 that is written array by array and consolidated at the end."""

    def __init__(self, root, codec="zlib", separator=".", empty=True):
        self.root, self.codec, self.separator, self.empty = pathlib.Path(root), codec, separator, empty
        self.metadata = {}
        shutil.rmtree(self.root, ignore_errors=True)
        self.group("", {})

    def put(self, path, name, value):
        (self.root / path).mkdir(parents=True, exist_ok=True)
        (self.root / path / name).write_text(json.dumps(value, indent=1))
        self.metadata[f"{path}/{name}" if path else name] = value

    def group(self, path, attributes=None):
        self.put(path, ".zgroup", {"zarr_format": 2})
        if attributes is not None:
            self.put(path, ".zattrs", attributes)

    def array(self, path, data, chunks, axes, attributes=None, fill=None):
        parts = path.split("/")
        for i in range(1, len(parts)):
            parent = "/".join(parts[:i])
            if f"{parent}/.zgroup" not in self.metadata:
                self.group(parent)
        folder = self.root / path
        folder.mkdir(parents=True)
        description = {
            "zarr_format": 2, "shape": list(data.shape), "chunks": list(chunks), "dtype": data.dtype.str,
            "fill_value": fill,
            "order": "C", "filters": None,
            "compressor": {"id": "zlib", "level": 1} if self.codec == "zlib" else None}
        if self.separator != ".":
            description["dimension_separator"] = self.separator
        if self.codec == "blosc" and data.ndim == 2:
            description["compressor"] = self.by_gdal(folder, data, chunks)
        else:
            for index in np.ndindex(*[-(-n // c) for n, c in zip(data.shape, chunks)]):
                part = data[tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, chunks))]
                whole = np.zeros(chunks, data.dtype)
                whole[tuple(slice(0, n) for n in part.shape)] = part
                if not self.empty and fill is not None and (whole == fill).all():
                    continue
                file = folder / self.separator.join(map(str, index))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(zlib.compress(whole.tobytes(), 1) if self.codec == "zlib" else whole.tobytes())
        self.put(path, ".zarray", description)
        self.put(path, ".zattrs", {"_ARRAY_DIMENSIONS": list(axes), **(attributes or {})})

    @staticmethod
    def by_gdal(folder, data, chunks):
        """The chunks of an array as GDAL compresses them; its compressor."""
        made = folder / "made.zarr"
        kind = {"uint16": gdal.GDT_UInt16, "uint8": gdal.GDT_Byte}[data.dtype.name]
        dataset = gdal.GetDriverByName("Zarr").Create(
            str(made), data.shape[1], data.shape[0], 1, kind,
            BLOSC + [f"BLOCKSIZE={chunks[0]},{chunks[1]}", "ARRAY_NAME=a", "FORMAT=ZARR_V2"])
        dataset.GetRasterBand(1).WriteArray(data)
        dataset = None
        for file in (made / "a").iterdir():
            if not file.name.startswith("."):
                file.rename(folder / file.name)
        compressor = json.loads((made / "a/.zarray").read_text())["compressor"]
        shutil.rmtree(made)
        # GDAL 3.6 writes the name of the shuffle, numcodecs its number.
        return {**compressor, "shuffle": 2}

    def close(self):
        (self.root / ".zmetadata").write_text(json.dumps({"zarr_consolidated_format": 1, "metadata": self.metadata}))
        return self.root


def words(file):
    """The elements of an XML file: text by name, and name by name all of them with their attributes."""
    found = {}
    for node in ElementTree.parse(file).iter():
        found.setdefault(node.tag.split("}")[-1], []).append(node)
    return found


def packed(file):
    """A mask image of one band as it is, one of many with a bit for each (`pack_bits` of the mapping)."""
    bands = gdal.Open(str(file)).ReadAsArray()
    if bands.ndim == 2:
        return bands
    return sum((band > 0).astype("u1") << i for i, band in enumerate(bands)).astype("u1")


def attributes(level, product, tile):
    """The root's attributes."""
    text = {k: v[0].text for k, v in product.items() if v[0].text}
    place = {k: v[0].text for k, v in tile.items() if v[0].text}
    numbers = [float(x) for x in text["EXT_POS_LIST"].split()]
    ring = [[x, y] for y, x in zip(numbers[::2], numbers[1::2])]
    sun = {n.tag: float(n.text) for n in tile["Mean_Sun_Angle"][0]}
    return {
        "stac_discovery": {
            "type": "Feature", "stac_version": "1.1.0", "id": text["PRODUCT_URI"],
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {
                "datetime": text["PRODUCT_START_TIME"], "start_datetime": text["PRODUCT_START_TIME"],
                "end_datetime": text["PRODUCT_STOP_TIME"],
                "platform": text["SPACECRAFT_NAME"].split(" ")[0].lower(), "instruments": ["msi"],
                "constellation": "sentinel-2", "product:type": f"S02MSI{level}",
                "processing:version": text["PROCESSING_BASELINE"], "processing:level": level,
                "sat:relative_orbit": int(text["SENSING_ORBIT_NUMBER"]), "sat:orbit_state": "descending",
                "eo:cloud_cover": 0.0, "proj:code": place["HORIZONTAL_CS_CODE"]},
            "links": [], "assets": {}},
        "other_metadata": {
            "eopf_category": "eoproduct", "horizontal_crs_code": place["HORIZONTAL_CS_CODE"],
            "mean_sensing_time": place["SENSING_TIME"],
            "mean_sun_zenith_angle_in_deg_for_all_bands_all_detectors": sun["ZENITH_ANGLE"],
            "mean_sun_azimuth_angle_in_deg_for_all_bands_all_detectors": sun["AZIMUTH_ANGLE"],
            "band_description": {
                node.get("physicalBand")[1:].rjust(2, "0"): {
                    "units": "nm", "central_wavelength": float(node.find(".//CENTRAL").text)}
                for node in product["Spectral_Information"]}},
    }


def convert(safe, root, chunks=CHUNKS, **options):
    """Writes the EOPF Zarr of a .SAFE folder, in chunks of so many rows and columns; `options` are the store's."""
    safe = pathlib.Path(safe)
    level = "L2A" if (safe / "MTD_MSIL2A.xml").exists() else "L1C"
    product = words(safe / f"MTD_MSI{level}.xml")
    tile = words(next(safe.glob("GRANULE/*/MTD_TL.xml")))
    corner = {n.get("resolution"): (float(n.find("ULX").text), float(n.find("ULY").text)) for n in tile["Geoposition"]}
    store = Store(root, **options)
    store.group("", attributes(level, product, tile))
    placed = set()

    def place(group, resolution, shape):
        if group in placed:
            return
        placed.add(group)
        x, y = corner[str(resolution)]
        for name, first, step, count in (("x", x, resolution, shape[1]), ("y", y, -resolution, shape[0])):
            centres = (first + step / 2 + step * np.arange(count)).astype("<i8")
            store.array(f"{group}/{name}", centres, (count,), (name,))

    def put(group, name, resolution, data, extra, fill=None):
        side = chunks[resolution]
        store.array(f"{group}/{name}", data, (side, side), ("y", "x"), extra, fill)
        place(group, resolution, data.shape)

    images = sorted(glob.glob(str(safe / "GRANULE/*/IMG_DATA/**/*.jp2"), recursive=True))
    for file in images:
        bare = pathlib.Path(file).stem.split("_")
        name, resolution = (bare[-2], int(bare[-1][:-1])) if level == "L2A" else (bare[-1], NATIVE.get(bare[-1]))
        data = gdal.Open(file).ReadAsArray()
        if name == "SCL":
            put(f"conditions/mask/l2a_classification/r{resolution}m", "scl", resolution, data.astype("u1"), {})
        elif name in NATIVE:
            packing = {"scale_factor": 0.0001, "add_offset": -0.1}
            group = f"measurements/reflectance/r{resolution}m"
            put(group, name.lower(), resolution, data.astype("<u2"), {
                **packing, "valid_min": 1, "valid_max": 65535, "dtype": "<u2", "units": "digital_counts",
                "_eopf_attrs": {**packing, "fill_value": 0, "dtype": "<u2", "dimensions": ["y", "x"]}}, 0)
    for file in sorted(safe.glob("GRANULE/*/QI_DATA/MSK_*.jp2")):
        kind, band = file.stem.split("_")[1:]
        if kind == "CLASSI":
            put("conditions/mask/l1c_classification/r60m", "b00", 60, packed(file), {"flag_masks": [1, 2, 4, 128]})
        elif kind == "QUALIT":
            r = NATIVE[band]
            # The made .SAFE has the masks of all bands on one grid; here they lie on the band's.
            data = packed(file)
            grow = rows(tile, r) // data.shape[0]
            data = np.kron(data, np.ones((grow, grow), "u1"))
            put(f"quality/mask/r{r}m", band.lower(), r, data, {"flag_masks": [1 << i for i in range(8)]})
    return store.close()


def rows(tile, resolution):
    return next(int(n.find("NROWS").text) for n in tile["Size"] if n.get("resolution") == str(resolution))
