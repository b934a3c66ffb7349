"""Each reader: a sound input, the ways to damage it, the run that reads it, and who judges what came out.

A judge is another program that reads the damaged file: GDAL, netCDF4, sqlite3, Python's csv or numpy, or what a checksum
says. It returns None where floe is right, else a sentence.
"""
import csv
import io
import json
import re
import shutil
import sys
from pathlib import Path

import netCDF4
import numpy as np
from osgeo import gdal, ogr

from . import mutations as m

sys.path.insert(0, str(Path(__file__).parents[1]))
import eopf  # noqa: E402
import small_cryosat  # noqa: E402
from conftest import write_tif  # noqa: E402

gdal.UseExceptions()


class Reader:
    """One kind of input. `make` puts a sound one into a folder and returns the file that is damaged."""

    name = ""
    damages = ()
    #: The step's text in the pipeline, and what is written.
    steps = ""
    outputs = ""

    def make(self, folder, material):
        raise NotImplementedError

    def pipeline(self):
        return f"floe: 1\nsteps:\n{self.steps}outputs: {self.outputs}\n"

    def judge(self, folder, out):
        return None


def same(a, b):
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


def gdal_reads(path):
    """Pixels as GDAL reads them, None when it cannot; whether it complained of pixels or georeference; and the bands that
    are no alpha bands, None where a mask says what is valid."""
    said = []
    gdal.PushErrorHandler(lambda level, code, text: said.append(level))
    try:
        gdal.DontUseExceptions()
        ds = gdal.Open(str(path))
        pixels = ds.ReadAsArray() if ds else None
        if ds:
            ds.GetGeoTransform(), ds.GetSpatialRef()
        if pixels is None:
            return None, True, None
        complained = any(level >= gdal.CE_Failure for level in said)
        bands = [i for i in range(ds.RasterCount) if ds.GetRasterBand(i + 1).GetColorInterpretation() != gdal.GCI_AlphaBand]
        masked = ds.GetRasterBand(1).GetMaskFlags() & gdal.GMF_PER_DATASET or len(bands) < ds.RasterCount
        return pixels if pixels.ndim == 3 else pixels[None], complained, None if masked else bands
    finally:
        gdal.UseExceptions()
        gdal.PopErrorHandler()


class GeoTIFF(Reader):
    name = "GeoTIFF"
    damages = (m.damage_bytes, m.damage_tiff, m.damage_tiff)
    steps = "  r: { use: raster.read, with: { files: [in.tif] } }\n"
    outputs = "{ o.tif: r.image }"

    def make(self, folder, material):
        pixels = np.random.default_rng(3).integers(1, 60000, (2, 90, 130)).astype("uint16")
        return write_tif(folder / "in.tif", pixels, nodata=0)

    def judge(self, folder, out):
        want, complained, bands = gdal_reads(folder / "in.tif")
        if want is None:
            return "GDAL refuses the file or fails in it, floe read it"
        if complained and not json.loads((out / "run.json").read_text())["warnings"]:
            return "GDAL complains of the file, floe said nothing"
        got = gdal.Open(str(out / "o.tif")).ReadAsArray()
        # A file with a mask or an alpha band is another thing with its invalid pixels taken out.
        if bands is None:
            return None
        return None if same(want.astype("f8"), (got if got.ndim == 3 else got[None]).astype("f8")) else "other pixels than GDAL's"


class Product(Reader):
    """A made Sentinel-2 product, with checksums in its manifest as ESA's have them."""

    steps = "  s: { use: sentinel2.stack, with: { product: IN, bands: [B04, B08] } }\n"
    outputs = "{ o.tif: s.image }"
    inside = ""

    def make(self, folder, material):
        product = folder / material["scene"].name
        shutil.copytree(material["scene"], product)
        return self.target(product)

    def target(self, product):
        return sorted(product.rglob(self.inside))[0]

    def pipeline(self):
        return super().pipeline().replace("IN", self.path)

    def judge(self, folder, out):
        pixels = gdal.Open(str(out / "o.tif")).ReadAsArray()
        return None if same(pixels, self.sound) else "other pixels than those of the sound product"


class JP2(Product):
    name = "Sentinel-2 JP2"
    damages = (m.damage_bytes,)
    inside = "*_B04.jp2"


class ProductXML(Product):
    name = "Sentinel-2 metadata"
    damages = (m.damage_xml, m.damage_xml, m.damage_text)
    inside = "MTD_MSIL1C.xml"
    steps = "  s: { use: sentinel2.stack, with: { product: IN, bands: [B04, B08] } }\n"

    def judge(self, folder, out):
        # DN do not hang on the metadata; which band is which does, and what a DN means is told by scale and offset.
        ds = gdal.Open(str(out / "o.tif"))
        if not same(ds.ReadAsArray(), self.sound):
            return "other DN than those of the sound product"
        found = re.search(r"<QUANTIFICATION_VALUE[^>]*>([^<]*)<", (folder / self.path / "MTD_MSIL1C.xml").read_text())
        scale = ds.GetRasterBand(1).GetScale()
        if found and scale not in (None, 1.0) and not np.isclose(scale * float(found[1]), 1):
            return f"scale {scale} for the quantification {found[1]}"
        return None


class TileXML(ProductXML):
    name = "Sentinel-2 tile metadata"
    inside = "MTD_TL.xml"

    def judge(self, folder, out):
        ds = gdal.Open(str(out / "o.tif"))
        if ds.RasterXSize * ds.RasterYSize and not same(ds.ReadAsArray(), self.sound):
            return "other DN than those of the sound product"
        return None


class Archive(Product):
    name = "zip"
    damages = (m.damage_zip,)

    def target(self, product):
        archive = m.pack(product, product.with_suffix(".zip"))
        shutil.rmtree(product)
        return archive


class EOPF(Product):
    """A store of Zarr with consolidated metadata; the checksums that its chunks have are those of zlib."""

    name = "Sentinel-2 EOPF Zarr"
    damages = (m.damage_zarr,)

    def make(self, folder, material):
        if "store" not in material:
            material["store"] = eopf.convert(material["scene"], material["scene"].parent / "S2A_MSIL1C_x.zarr")
        return Path(shutil.copytree(material["store"], folder / material["store"].name))

    def judge(self, folder, out):
        ds = gdal.Open(str(out / "o.tif"))
        if not same(ds.ReadAsArray(), self.sound):
            return "other pixels than those of the sound product"
        if ds.GetGeoTransform() != (300000, 10, 0, 7900020, 0, -10) or "32601" not in ds.GetProjection():
            return f"another grid: {ds.GetGeoTransform()}"
        found = {(ds.GetRasterBand(i).GetScale(), round(ds.GetRasterBand(i).GetOffset(), 9)) for i in (1, 2)}
        return None if found == {(0.0001, -0.1)} else f"scale and offset {found}"


class SEN3(Reader):
    name = "Sentinel-3 netCDF"
    damages = (m.damage_netcdf, m.damage_netcdf, m.damage_bytes)
    variables = ["alt_20_ku", "tracker_range_20_ku", "sig0_water_20_ku"]
    steps = "  t: { use: sentinel3.sral, with: { product: IN, variables: [alt_20_ku, tracker_range_20_ku, sig0_water_20_ku] } }\n"
    outputs = "{ o.csv: t.track }"

    def make(self, folder, material):
        product = folder / material["track"].name
        shutil.copytree(material["track"], product)
        self.path = product.name
        return product / "enhanced_measurement.nc"

    def pipeline(self):
        return super().pipeline().replace("IN", self.path)

    def judge(self, folder, out):
        return judge_netcdf(folder / self.path / "enhanced_measurement.nc", self.variables, out / "o.csv")


def judge_netcdf(path, names, table):
    """Columns beside netCDF4-python, which knows masks and scales; one whose attributes it takes for text is not judged."""
    rows = list(csv.DictReader(open(table)))
    try:
        d = netCDF4.Dataset(path)
    except OSError:
        return "netCDF4 refuses the file, floe read it"
    for name in names:
        if name not in d.variables or not rows or name not in rows[0]:
            continue
        v = d[name]
        # Numbers kept as text are read by floe and not by netCDF4.
        if any(isinstance(getattr(v, a, 1), str) for a in ("scale_factor", "add_offset", "missing_value")):
            continue
        try:
            want = np.ma.filled(np.ma.asarray(v[:], "f8"), np.nan)
        except Exception:
            return f"netCDF4 cannot read {name}, floe did"
        got = np.array([float(r[name]) if r[name] else np.nan for r in rows])
        want = np.where(np.isfinite(want), want, np.nan)
        got = np.where(np.isfinite(got), got, np.nan)
        if got.shape != want.shape or not np.allclose(got, want, rtol=1e-9, equal_nan=True):
            return f"{name} is not as netCDF4 reads it"
    return None


class CryoSat(SEN3):
    name = "CryoSat-2 netCDF"
    variables = ["alt_20_ku", "window_del_20_ku"]
    steps = "  t: { use: cryosat2.read, with: { product: IN } }\n"

    def make(self, folder, material):
        path = small_cryosat.write(folder)
        self.path = path.name
        return path

    def judge(self, folder, out):
        return judge_netcdf(folder / self.path, self.variables, out / "o.csv")


class ClassicNetCDF(Reader):
    """A table in the classic format, in which netCDF4 reads as 0 what lies after the end of a file."""

    name = "classic netCDF"
    damages = (m.damage_cut, m.damage_bytes)
    steps = "  t: { use: table.read, with: { file: in.nc } }\n"
    outputs = "{ o.csv: t.table }"
    variables = ["lat", "lon", "a"]

    def make(self, folder, material):
        path = folder / "in.nc"
        with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as d:
            d.createDimension("time", None)
            for name in self.variables:
                d.createVariable(name, "f8", ("time",))[:] = np.linspace(60, 80, 40)
        self.size = path.stat().st_size
        return path

    def judge(self, folder, out):
        # What fills up the last four bytes may lack.
        if (folder / "in.nc").stat().st_size < self.size - 3:
            return "values of the file lack, floe read it"
        return judge_netcdf(folder / "in.nc", self.variables, out / "o.csv")


class GeoPackage(Reader):
    name = "GeoPackage"
    damages = (m.damage_geopackage, m.damage_geopackage, m.damage_bytes)
    steps = "  t: { use: table.read, with: { file: in.gpkg } }\n"
    outputs = "{ o.csv: t.table }"

    def make(self, folder, material):
        path = folder / "in.gpkg"
        ds = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
        layer = ds.CreateLayer("points", _utm(), ogr.wkbPoint)
        for name, kind in (("a", ogr.OFTReal), ("n", ogr.OFTInteger64), ("t", ogr.OFTString)):
            layer.CreateField(ogr.FieldDefn(name, kind))
        for i in range(25):
            f = ogr.Feature(layer.GetLayerDefn())
            f.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({300000 + i} {7900000 + i})"))
            f["a"], f["n"], f["t"] = i * 0.75, i * 1000, f"row {i}"
            layer.CreateFeature(f)
        # In this order: what belongs to a closed data source must not be touched any more.
        f = layer = None
        ds = None
        return path

    def judge(self, folder, out):
        rows = list(csv.DictReader(open(out / "o.csv")))
        want = {"a": [], "n": []}
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            source = ogr.Open(str(folder / "in.gpkg"))
            layer = source.GetLayer(0)
            count = 0
            for f in layer:
                count += 1
                for name in want:
                    i = f.GetFieldIndex(name)
                    want[name].append(f.GetFieldAsDouble(i) if i >= 0 and f.IsFieldSetAndNotNull(i) else np.nan)
        except Exception:
            return "OGR refuses the file, floe read it"
        finally:
            gdal.PopErrorHandler()
        if count != len(rows):
            return f"{len(rows)} rows, OGR reads {count}"
        for name, values in want.items():
            if rows and name in rows[0]:
                got = np.array([float(r[name]) if r[name] else np.nan for r in rows])
                if not np.allclose(got, np.array(values), equal_nan=True):
                    return f"column {name} is not as OGR reads it"
        return None


def _utm():
    from osgeo import osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(32601)
    return system


class CSV(Reader):
    name = "CSV"
    damages = (m.damage_csv, m.damage_csv, m.damage_text, m.damage_bytes)
    steps = "  t: { use: table.read, with: { file: in.csv } }\n"
    outputs = "{ o.csv: t.table }"

    def make(self, folder, material):
        path = folder / "in.csv"
        path.write_text("a,n,t\n" + "".join(f"{i * 0.75},{i * 1000},row {i}\n" for i in range(25)))
        return path

    def judge(self, folder, out):
        text = (folder / "in.csv").read_bytes()
        if b"\0" in text:
            return "a zero byte, and floe read the file"
        try:
            lines = text.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
            want = list(csv.reader(io.StringIO(lines, newline=""), strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            return f"Python's csv says '{error}', floe read the file"
        got = list(csv.reader(open(out / "o.csv", newline="")))
        want = [r for r in want if r]
        # A number in the first line makes it a row, which floe tells; names stand before it then. A column without a name
        # is called so, too.
        if got[0][0] == "field_1" and want[0][0].strip():
            want.insert(0, [f"field_{i}" for i in range(1, len(want[0]) + 1)])
        if len(want) != len(got):
            return f"{len(got)} lines, Python's csv reads {len(want)}"
        if any(len(r) > len(want[0]) for r in want):
            return "surplus fields, and floe read the file"
        for line, (a, b) in enumerate(zip(want[1:], got[1:]), 2):
            for x, y in zip(a, b):
                if not _equal(x, y):
                    return f"line {line}: '{x}' became '{y}'"
        return None


def _equal(a, b):
    if a == b:
        return True
    try:
        return bool(np.isclose(float(re.sub("[dD]", "e", a)), float(b), rtol=1e-12))
    except ValueError:
        # Times are written in one form.
        return not a.strip() and not b or bool(re.match(r"\s*\d{4}-?\d\d-?\d\d", a)) or a.strip().lower() in ("nan", "inf", "-inf")


class Land(Reader):
    name = "land layer"
    damages = (m.damage_json, m.damage_text, m.damage_bytes)
    steps = "  r: { use: raster.read, with: { files: [in.tif] } }\n  c: { use: raster.clip, in: { image: r.image }, with: { polygons: land.geojson } }\n"
    outputs = "{ o.tif: c.result }"

    def make(self, folder, material):
        write_tif(folder / "in.tif", np.full((1, 60, 60), 7, "uint8"), nodata=0)
        ring = [[300000 + x, 7900000 + y] for x, y in ((50, -50), (350, -50), (350, -350), (50, -350), (50, -50))]
        path = folder / "land.geojson"
        path.write_text(json.dumps({
            "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32601"}},
            "features": [{"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}))
        return path

    def judge(self, folder, out):
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            ds = ogr.Open(str(folder / "land.geojson"))
            return None if ds is not None and ds.GetLayerCount() else "OGR refuses the layer, floe used it"
        except Exception:
            return "OGR refuses the layer, floe used it"
        finally:
            gdal.PopErrorHandler()


class ModelJSON(Reader):
    name = "model JSON"
    damages = (m.damage_json, m.damage_json, m.damage_text)
    steps = "  r: { use: raster.read, with: { files: [in.tif] } }\n  c: { use: cluster.apply, in: { samples: r.image }, with: { model_file: model.json } }\n"
    outputs = "{ o.tif: c.labels }"

    def make(self, folder, material):
        write_tif(folder / "in.tif", material["pixels"], nodata=0)
        shutil.copy(material["model"], folder / "model.json")
        return folder / "model.json"

    def judge(self, folder, out):
        try:
            model = json.loads((folder / "model.json").read_text())
        except ValueError:
            return "Python refuses the JSON, floe read it"
        centres = np.array([c["centre"] for c in model["clusters"]], "f8")
        pixels = gdal.Open(str(folder / "in.tif")).ReadAsArray().astype("f8")
        labels = gdal.Open(str(out / "o.tif")).ReadAsArray()
        # Scale and offset of a model tell how its own scene was stored; this raster has none.
        x = pixels.reshape(len(pixels), -1).T
        if model.get("standardised"):
            mean, spread = np.array(model["mean"], "f8"), np.array(model["spread"], "f8")
            x, centres = (x - mean) / spread, (centres - mean) / spread
        distance = ((x[:, None] - centres[None]) ** 2).sum(2)
        order = np.sort(distance, 1)
        clear = np.isfinite(distance).all(1) & (pixels.reshape(len(pixels), -1) != 0).all(0)
        if order.shape[1] > 1:
            clear &= order[:, 1] - order[:, 0] > 1e-4 * (1 + order[:, 1])
        wrong = (distance.argmin(1) != labels.ravel()) & clear
        return f"{wrong.sum()} labels are not those of the nearest centre" if wrong.any() else None


class Pipeline(Reader):
    name = "pipeline YAML"
    damages = (m.damage_text, m.damage_text, m.damage_bytes)
    steps = "  r: { use: raster.read, with: { files: [in.tif], names: [a] } }\n  f: { use: raster.filter, in: { image: r.image }, with: { window: 3 } }\n"
    outputs = "{ o.tif: f.result }"

    def make(self, folder, material):
        write_tif(folder / "in.tif", np.random.default_rng(3).integers(1, 200, (1, 40, 40)).astype("uint8"))
        path = folder / "pipeline.yaml"
        path.write_text("floe: 1\ntitle: One\nseed: 4\ninputs:\n  size: { type: integer, default: 3 }\n" + self.pipeline()[8:])
        return path


class Manifest(Reader):
    """A step in another language beside a pipeline that does not use it: whatever the manifest says, the pipeline runs."""

    name = "step manifest"
    damages = (m.damage_text, m.damage_bytes)
    steps = Pipeline.steps
    outputs = Pipeline.outputs
    arguments = ("--plugin-path", "plugins")
    must_run = True

    def make(self, folder, material):
        write_tif(folder / "in.tif", np.random.default_rng(3).integers(1, 200, (1, 40, 40)).astype("uint8"))
        plugins = folder / "plugins"
        plugins.mkdir()
        source = Path(__file__).parents[3] / "examples/plugin-python"
        for file in ("forest.py", "forest.floe-step.yaml"):
            shutil.copy(source / file, plugins / file)
        return plugins / "forest.floe-step.yaml"


ALL = [GeoTIFF, JP2, ProductXML, TileXML, Archive, EOPF, SEN3, CryoSat, ClassicNetCDF, GeoPackage, CSV, Land, ModelJSON, Pipeline, Manifest]
