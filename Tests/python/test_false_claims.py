"""Files that say what is not so: codes that do not fit, headers of values that are gone, names that are no files, types that do not hold."""
import os
import re
import subprocess

import netCDF4
import numpy as np
import pytest
from osgeo import gdal, ogr, osr

from conftest import FLOE, floe, read, run_pipeline, write_tif

RASTER = "floe: 1\nsteps:\n  r: {{ use: raster.read, with: {{ files: ['{}'] }} }}\noutputs: {{ o.tif: r.image }}\n"
TABLE = "floe: 1\nsteps:\n  t: {{ use: table.read, with: {{ file: '{}' }} }}\noutputs: {{ o.csv: t.table }}\n"


def said(record):
    return [w["message"] for w in record["warnings"]]


def system(text):
    found = osr.SpatialReference()
    found.SetFromUserInput(text)
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


def vrt(tmp_path, wkt, origin):
    write_tif(tmp_path / "a.tif", np.full((1, 8, 9), 7, "uint8"))
    text = wkt.replace("&", "&amp;").replace('"', "&quot;")
    (tmp_path / "in.vrt").write_text(f"""<VRTDataset rasterXSize="9" rasterYSize="8"><SRS dataAxisToSRSAxisMapping="1,2">{text}</SRS>
<GeoTransform>{origin[0]},10,0,{origin[1]},0,-10</GeoTransform><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename relativeToVRT="1">a.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>""")


def corner(path):
    """Longitude and latitude of a raster's corner, as GDAL has them."""
    ds = gdal.Open(str(path))
    own = ds.GetSpatialRef()
    own.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    t = ds.GetGeoTransform()
    return osr.CoordinateTransformation(own, system("EPSG:4326")).TransformPoint(t[0], t[3])[:2]


UTM = system("EPSG:32601").ExportToWkt(["FORMAT=WKT1_GDAL"])
GAUSS = system("EPSG:31467").ExportToWkt(["FORMAT=WKT1_GDAL"])
SPHEROID = 'SPHEROID["Bessel 1841",6377397.155,299.1528128,AUTHORITY["EPSG","7004"]]'


@pytest.mark.parametrize("old, new", [
    ('PARAMETER["central_meridian",-177]', 'PARAMETER["central_meridian",-171]'),
    ('PARAMETER["false_easting",500000]', 'PARAMETER["false_easting",400000]'),
    ('PARAMETER["scale_factor",0.9996]', 'PARAMETER["scale_factor",1]'),
    ('UNIT["metre",1,AUTHORITY["EPSG","9001"]]', 'UNIT["kilometre",1000]'),
    ("6378137,298.257223563", "6370000,297"),
])
def test_a_code_that_does_not_fit_is_left_out(tmp_path, old, new):
    assert old in UTM
    vrt(tmp_path, UTM.replace(old, new), (300000, 7900020) if "kilo" not in new else (300, 7900.02))
    out, record, _ = run_pipeline(tmp_path, RASTER.format("in.vrt"))
    assert corner(out / "o.tif") == pytest.approx(corner(tmp_path / "in.vrt"), abs=1e-6)
    assert any("EPSG:32601" in line and "definition" in line for line in said(record)), said(record)


def test_a_datum_shift_beside_a_code_is_taken_as_gdal_takes_it(tmp_path):
    """GDAL leaves out a shift that stands beside a code (OSR_STRIP_TOWGS84), as from its version 3.0.3 on."""
    assert SPHEROID in GAUSS
    vrt(tmp_path, GAUSS.replace(SPHEROID, SPHEROID + ",TOWGS84[1582,105,414,1.04,0.35,-3.08,8.3]"), (3400000, 5900020))
    out, _, _ = run_pipeline(tmp_path, RASTER.format("in.vrt"))
    assert corner(out / "o.tif") == pytest.approx(corner(tmp_path / "in.vrt"), abs=1e-6)


@pytest.mark.parametrize("code", [32601, 3413, 3031, 6931, 3995, 3857, 2154, 31467, 27700])
@pytest.mark.parametrize("form", ["WKT1_GDAL", "WKT2_2019", "without axes"])
def test_a_code_that_fits_stays(tmp_path, code, form):
    wkt = system(f"EPSG:{code}").ExportToWkt(["FORMAT=" + (form if "WKT" in form else "WKT1_GDAL")])
    if form == "without axes":
        wkt = re.sub(r',AXIS\["[^"]*",[A-Z]+\]', "", wkt)
    vrt(tmp_path, wkt, (300000, 900020))
    out, record, _ = run_pipeline(tmp_path, RASTER.format("in.vrt"))
    assert gdal.Open(str(out / "o.tif")).GetSpatialRef().GetAuthorityCode(None) == str(code)
    assert not said(record)


def test_rasters_in_earth_centred_systems_are_refused(tmp_path):
    vrt(tmp_path, system("EPSG:4978").ExportToWkt(), (0, 0))
    assert "Earth's centre" in run_pipeline(tmp_path, RASTER.format("in.vrt"), expect=2)[2].err


def bare(path, wkt):
    """A GeoPackage whose layer has no reference system."""
    ds = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    made = ds.CreateLayer("l", None, ogr.wkbUnknown)
    feature = ogr.Feature(made.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    made.CreateFeature(feature)
    feature = made = None
    ds = None


def test_a_geopackage_without_a_system_has_none(tmp_path):
    bare(tmp_path / "p.gpkg", "POINT (300100 7900000)")
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: p.gpkg, crs: "EPSG:32601" } }
outputs: { o.gpkg: { t: t.table } }
""")
    found = gdal.OpenEx(str(out / "o.gpkg"))
    assert found.GetLayer(0).GetSpatialRef().GetAuthorityCode(None) == "32601"
    bare(tmp_path / "l.gpkg", "POLYGON ((300000 7900020, 300050 7900020, 300050 7899000, 300000 7899000, 300000 7900020))")
    write_tif(tmp_path / "a.tif", np.full((1, 8, 10), 7, "uint8"), nodata=0)
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  c: { use: raster.clip, in: { image: r.image }, with: { polygons: l.gpkg } }
outputs: { o.tif: c.result }
""", "--overwrite")
    assert (read(out / "o.tif") != 0).sum() == 8 * 5 and any("no reference system" in line for line in said(record))


def test_a_system_of_heights_is_no_map(tmp_path):
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 9), "uint8"), nodata=0)
    result = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  w: { use: raster.warp, in: { image: r.image }, with: { crs: "EPSG:5773" } }
outputs: { o.tif: w.result }
""", expect=2)[2]
    assert "heights alone" in result.err


def test_pages_that_are_not_read_are_told(tmp_path):
    for page in (1, 2):
        options = ["APPEND_SUBDATASET=YES"] if page == 2 else []
        ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "m.tif"), 20, 20, 1, gdal.GDT_Byte, options)
        ds.SetGeoTransform((0, 10, 0, 0, 0, -10))
        ds.GetRasterBand(1).WriteArray(np.full((20, 20), page, "uint8"))
        ds = None
    for name, value, told in (("m.tif", 1, 1), (f"GTIFF_DIR:2:{tmp_path / 'm.tif'}", 2, 0)):
        out, record, _ = run_pipeline(tmp_path, RASTER.format(name), "--overwrite")
        assert (read(out / "o.tif") == value).all()
        assert sum("2 pages" in line for line in said(record)) == told


# --- files that were cut short


def grid(path, form):
    with netCDF4.Dataset(path, "w", format=form) as d:
        d.title = "x" * 77
        for name, count, step in (("y", 60, -10.0), ("x", 80, 10.0)):
            d.createDimension(name, count)
            v = d.createVariable(name, "f8", (name,))
            v[:] = 1000 + np.arange(count) * step
            v.units, v.standard_name = "m", f"projection_{name}_coordinate"
        v = d.createVariable("z", "i2", ("y", "x"))
        v[:] = np.random.default_rng(2).integers(1, 9000, (60, 80))
        return v[:].data.copy()


def track(path, form):
    with netCDF4.Dataset(path, "w", format=form) as d:
        d.createDimension("time", None)
        for name in ("lat", "lon", "a"):
            d.createVariable(name, "f8", ("time",))[:] = np.linspace(60, 80, 500)
        d.createVariable("flag", "i1", ("time",))[:] = np.ones(500)


@pytest.mark.parametrize("share", [0.6, 0.9, "last byte"])
@pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
def test_classic_netcdf_that_was_cut_is_refused(tmp_path, form, share):
    for make, yaml in ((track, TABLE), (grid, RASTER)):
        if make is grid and form == "NETCDF3_64BIT_DATA":
            continue  # GDAL 3.6 reads no such rasters.
        file = tmp_path / "in.nc"
        whole = make(file, form)
        out, _, _ = run_pipeline(tmp_path, yaml.format("in.nc"), "--overwrite")
        if make is grid:
            np.testing.assert_array_equal(read(out / "o.tif"), whole)
        data = file.read_bytes()
        # Four bytes more than the last one, which may fill up.
        file.write_bytes(data[:-5] if share == "last byte" else data[:int(len(data) * share)])
        error = run_pipeline(tmp_path, yaml.format("in.nc"), "--overwrite", expect=2)[2].err
        assert "cut short" in error and "in.nc" in error


def test_envi_that_was_cut_is_refused(tmp_path):
    source = write_tif(tmp_path / "a.tif", np.random.default_rng(1).integers(1, 200, (2, 30, 40)).astype("uint8"))
    ds = gdal.GetDriverByName("ENVI").CreateCopy(str(tmp_path / "e.dat"), gdal.Open(str(source)))
    ds = None
    out, _, _ = run_pipeline(tmp_path, RASTER.format("e.dat"))
    np.testing.assert_array_equal(read(out / "o.tif"), read(source))
    (tmp_path / "e.dat").write_bytes((tmp_path / "e.dat").read_bytes()[:-1])
    assert "cut short" in run_pipeline(tmp_path, RASTER.format("e.dat"), "--overwrite", expect=2)[2].err


CUTS = [
    ("PCRaster", "c.map", "float32", 1, [], "c.map"),
    ("PCIDSK", "c.pix", "uint8", 3, ["INTERLEAVING=BAND"], "c.pix"),
    ("PCIDSK", "c.pix", "uint16", 2, ["INTERLEAVING=PIXEL"], "c.pix"),
    ("HFA", "c.img", "uint8", 1, ["USE_SPILL=YES"], "c.ige"),
    ("HFA", "c.img", "float32", 3, ["USE_SPILL=YES", "BLOCKSIZE=32"], "c.ige"),
]


def made_by(tmp_path, driver, name, kind, bands, options):
    pixels = np.random.default_rng(1).integers(1, 200, (bands, 133, 301)).astype(kind)
    source = gdal.Open(str(write_tif(tmp_path / "a.tif", pixels)))
    ds = gdal.GetDriverByName(driver).CreateCopy(str(tmp_path / name), source, options=options)
    ds = None
    return pixels


@pytest.mark.parametrize("driver, name, kind, bands, options, cut", CUTS)
def test_rasters_that_gdal_fills_with_zeros_are_refused_where_they_were_cut(tmp_path, driver, name, kind, bands, options, cut):
    pixels = made_by(tmp_path, driver, name, kind, bands, options)
    mosaic = gdal.BuildVRT(str(tmp_path / "m.vrt"), [str(tmp_path / name)])
    mosaic = None
    for file in (name, "m.vrt"):
        out, _, _ = run_pipeline(tmp_path, RASTER.format(file), "--overwrite")
        np.testing.assert_array_equal(read(out / "o.tif").reshape(pixels.shape), pixels)
    whole = (tmp_path / cut).read_bytes()
    for left in (len(whole) * 3 // 5, len(whole) - 1):
        (tmp_path / cut).write_bytes(whole[:left])
        for file in (name, "m.vrt"):
            said = run_pipeline(tmp_path, RASTER.format(file), "--overwrite", expect=2)[2].err
            assert "cut short" in said and cut in said and str(left) in said


@pytest.mark.parametrize("cut", ["e.dat", "n.nc", "raw"])
def test_parts_of_a_mosaic_that_were_cut_are_refused(tmp_path, cut):
    if cut == "raw":
        (tmp_path / cut).write_bytes(bytes(range(1, 201)) * 6)
        (tmp_path / "inner.vrt").write_text(
            '<VRTDataset rasterXSize="40" rasterYSize="30"><SRS>EPSG:32601</SRS><GeoTransform>0,10,0,0,0,-10</GeoTransform>'
            '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="1">raw</SourceFilename>'
            "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>40</LineOffset></VRTRasterBand></VRTDataset>")
    elif cut == "n.nc":
        grid(tmp_path / cut, "NETCDF3_CLASSIC")
        inner = gdal.BuildVRT(str(tmp_path / "inner.vrt"), [f"NETCDF:{tmp_path / cut}:z"])
        inner = None
    else:
        made_by(tmp_path, "ENVI", cut, "uint8", 1, [])
        inner = gdal.BuildVRT(str(tmp_path / "inner.vrt"), [str(tmp_path / cut)])
        inner = None
    outer = gdal.BuildVRT(str(tmp_path / "outer.vrt"), [str(tmp_path / "inner.vrt")])
    outer = None
    for file in ("inner.vrt", "outer.vrt"):
        run_pipeline(tmp_path, RASTER.format(file), "--overwrite")
    data = (tmp_path / cut).read_bytes()
    # Behind the last value of netCDF up to four bytes fill up.
    (tmp_path / cut).write_bytes(data[:-5 if cut == "n.nc" else -1])
    for file in ("inner.vrt", "outer.vrt"):
        said = run_pipeline(tmp_path, RASTER.format(file), "--overwrite", expect=2)[2].err
        assert "cut short" in said and cut in said


@pytest.mark.parametrize("driver, name, options", [
    ("JPEG", "c.jpg", []), ("JPEG", "c.jpg", ["PROGRESSIVE=YES"]), ("NITF", "c.ntf", ["IC=C3"]), ("PNG", "c.png", []), ("BMP", "c.bmp", [])])
def test_pictures_that_were_cut_fail_in_a_sentence(tmp_path, driver, name, options):
    """libjpeg only warns, and hands grey over for what lacks."""
    made_by(tmp_path, driver, name, "uint8", 3, options)
    mosaic = gdal.BuildVRT(str(tmp_path / "m.vrt"), [str(tmp_path / name)])
    mosaic = None
    for file in (name, "m.vrt"):
        _, record, _ = run_pipeline(tmp_path, RASTER.format(file), "--overwrite")
        assert not said(record)
    data = (tmp_path / name).read_bytes()
    for share in (0.5, 0.9):
        (tmp_path / name).write_bytes(data[:int(len(data) * share)])
        for file in (name, "m.vrt"):
            done = run_pipeline(tmp_path, RASTER.format(file), "--overwrite", "--no-cache", expect=None)[2]
            assert done.status in (1, 2) and file in done.err and "cut short" in done.err


def test_jpeg_tiles_that_were_damaged_fail_in_a_sentence(tmp_path):
    made_by(tmp_path, "GTiff", "c.tif", "uint8", 3, ["COMPRESS=JPEG", "TILED=YES"])
    run_pipeline(tmp_path, RASTER.format("c.tif"))
    ds = gdal.Open(str(tmp_path / "c.tif"))
    place = int(ds.GetRasterBand(1).GetMetadataItem("BLOCK_OFFSET_0_0", "TIFF"))
    ds = None
    data = bytearray((tmp_path / "c.tif").read_bytes())
    # An end of the image amid its codes.
    data[place + 3000:place + 3002] = b"\xff\xd9"
    (tmp_path / "c.tif").write_bytes(data)
    done = run_pipeline(tmp_path, RASTER.format("c.tif"), "--overwrite", "--no-cache", expect=None)[2]
    assert done.status == 1 and "c.tif" in done.err and "JPEG" in done.err


@pytest.mark.parametrize("driver, name", [("SQLite", "a.sqlite"), ("GPKG", "a.gpkg")])
@pytest.mark.parametrize("lost", [1, 1500, 3000])
def test_databases_that_were_cut_are_refused(tmp_path, driver, name, lost):
    ds = ogr.GetDriverByName(driver).CreateDataSource(str(tmp_path / name))
    made = ds.CreateLayer("l", system("EPSG:32601"), ogr.wkbPolygon)
    made.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    for i in range(200):
        feature = ogr.Feature(made.GetLayerDefn())
        feature["n"] = i + 1
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({i} 0, {i + 1} 0, {i + 1} 1, {i} 1, {i} 0))"))
        made.CreateFeature(feature)
    feature = made = None
    ds = None
    out, _, _ = run_pipeline(tmp_path, TABLE.format(name))
    assert len((out / "o.csv").read_text().splitlines()) == 201
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data + b"rest")
    run_pipeline(tmp_path, TABLE.format(name), "--overwrite")
    (tmp_path / name).write_bytes(data[:-lost])
    error = run_pipeline(tmp_path, TABLE.format(name), "--overwrite", expect=2)[2].err
    assert "cut short" in error or "malformed" in error


def test_tiles_far_larger_than_the_raster_are_refused(tmp_path):
    options = ["TILED=YES", "BLOCKXSIZE=40000", "BLOCKYSIZE=40000", "COMPRESS=DEFLATE", "SPARSE_OK=YES"]
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "in.tif"), 50, 50, 1, gdal.GDT_Byte, options)
    ds.SetGeoTransform((0, 10, 0, 0, 0, -10))
    ds = None
    assert "40000 x 40000" in run_pipeline(tmp_path, RASTER.format("in.tif"), expect=2)[2].err


# --- names that are no files


def mosaic(name, relative=0):
    return f"""<VRTDataset rasterXSize="9" rasterYSize="8"><GeoTransform>0,10,0,0,0,-10</GeoTransform><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename relativeToVRT="{relative}">{name}</SourceFilename><SourceBand>1</SourceBand>
<SourceProperties RasterXSize="9" RasterYSize="8" DataType="Byte" BlockXSize="9" BlockYSize="8"/></SimpleSource></VRTRasterBand></VRTDataset>"""


MEMORY = "MEM:::DATAPOINTER=4096,PIXELS=9,LINES=8"


@pytest.mark.parametrize("name, relative, words", [
    (MEMORY, 0, "a place in memory"), (MEMORY.lower(), 1, "a place in memory"), ("inner.vrt", 1, "a place in memory"),
    (mosaic(MEMORY).replace("<", "&lt;").replace(">", "&gt;"), 0, "a place in memory"),
    ("pipe.tif", 1, "named pipe"), ("piped.vrt", 1, "named pipe"),
])
def test_mosaics_name_files_alone(tmp_path, name, relative, words):
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "inner.vrt").write_text(mosaic(MEMORY))
    (tmp_path / "piped.vrt").write_text(mosaic("pipe.tif", 1))
    (tmp_path / "in.vrt").write_text(mosaic(name, relative))
    (tmp_path / "p.yaml").write_text(RASTER.format("in.vrt"))
    done = subprocess.run([str(FLOE), "run", "p.yaml", "-o", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and words in done.stderr, (done.returncode, done.stderr)


def test_a_layer_over_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "t.geojson")
    (tmp_path / "in.vrt").write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="t"><SrcDataSource relativeToVRT="1">t.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')
    (tmp_path / "p.yaml").write_text(TABLE.format("in.vrt"))
    done = subprocess.run([str(FLOE), "run", "p.yaml", "-o", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "named pipe" in done.stderr


def test_aliases_without_end_are_refused(tmp_path):
    lines = ["floe: 1", "a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghi", "bcdefghij"):
        lines.append(f"{name}: &{name} [{', '.join(['*' + before] * 9)}]")
    lines += ["steps: { r: { use: raster.read, with: { files: [a.tif], names: *j } } }", "outputs: { o.tif: r.image }"]
    (tmp_path / "p.yaml").write_text("\n".join(lines))
    for command in ("check", "run"):
        done = subprocess.run([str(FLOE), command, str(tmp_path / "p.yaml")], capture_output=True, text=True, timeout=30, cwd=tmp_path)
        assert done.returncode == 2 and "aliases" in done.stderr


# --- tables


@pytest.mark.parametrize("types, column", [
    ('"Integer","Real"', "1.75,2\n2.5,3\n"), ('"Integer","Real"', "99999999999,2\n1,3\n"), ('"Real","Real"', "1.5,x\n2,3\n"),
])
def test_types_beside_a_csv_that_do_not_hold_are_refused(tmp_path, types, column):
    (tmp_path / "t.csv").write_text("a,b\n" + column)
    (tmp_path / "t.csvt").write_text(types + "\n")
    (tmp_path / "p.yaml").write_text(TABLE.format("t.csv"))
    done = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", expect=None)
    assert done.status in (1, 2) and ".csvt" in done.err and not (tmp_path / "out").exists(), done.err


def test_types_beside_a_csv_that_hold_are_used(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n2,3.5\n")
    (tmp_path / "t.csvt").write_text('"String","Real"\n')
    out, _, _ = run_pipeline(tmp_path, TABLE.format("t.csv"))
    assert (out / "o.csv").read_text().splitlines() == ["a,b", "1,2", "2,3.5"] or "1,2.0" in (out / "o.csv").read_text()


def layer(path, driver, kind, wkt, options=(), second=None):
    ds = ogr.GetDriverByName(driver).CreateDataSource(str(path))
    made = ds.CreateLayer("l", system("EPSG:32601"), kind, list(options))
    if second:
        made.CreateGeomField(ogr.GeomFieldDefn(second, ogr.wkbPoint))
    made.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    for i in range(3):
        feature = ogr.Feature(made.GetLayerDefn())
        feature["n"] = i
        feature.SetGeomField(0, ogr.CreateGeometryFromWkt(wkt))
        made.CreateFeature(feature)
    feature = made = None
    ds = None


@pytest.mark.parametrize("name, driver, kind, wkt, options, second, told", [
    ("a.gpkg", "GPKG", ogr.wkbPointM, "POINT M (1 2 3)", (), None, "measures"),
    ("a.gpkg", "GPKG", ogr.wkbPointZM, "POINT ZM (1 2 3 4)", (), None, "measures"),
    ("a.shp", "ESRI Shapefile", ogr.wkbPointM, "POINT M (1 2 3)", (), None, "measures"),
    ("a.gpkg", "GPKG", ogr.wkbPoint, "POINT (1 2)", ("FID=track_id",), None, "'track_id'"),
    ("a.sqlite", "SQLite", ogr.wkbPoint, "POINT (1 2)", (), "other", "other"),
    ("a.gpkg", "GPKG", ogr.wkbPoint, "POINT (1 2)", (), None, None),
    ("a.sqlite", "SQLite", ogr.wkbPoint, "POINT (1 2)", (), None, None),
])
def test_what_a_layer_has_besides_is_told(tmp_path, name, driver, kind, wkt, options, second, told):
    layer(tmp_path / name, driver, kind, wkt, options, second)
    _, record, _ = run_pipeline(tmp_path, TABLE.format(name))
    lines = [line for line in said(record) if "heights" not in line]
    assert (len(lines) == 1 and told in lines[0]) if told else not lines, lines


def test_a_sheet_of_texts_has_no_names(tmp_path):
    if ogr.GetDriverByName("XLSX") is None:
        pytest.skip("this GDAL writes no XLSX")
    ds = ogr.GetDriverByName("XLSX").CreateDataSource(str(tmp_path / "s.xlsx"))
    made = ds.CreateLayer("s")
    for column in "ab":
        made.CreateField(ogr.FieldDefn(column, ogr.OFTString))
    feature = ogr.Feature(made.GetLayerDefn())
    feature["a"], feature["b"] = "p", "q"
    made.CreateFeature(feature)
    feature = made = None
    ds = None
    _, record, _ = run_pipeline(tmp_path, TABLE.format("s.xlsx"))
    assert any("Field1" in line for line in said(record))


@pytest.mark.parametrize("text, told", [
    ('a,b\n"1,234",2\n"5,678",3\n', "thousands"), ("a,b\n1 234,2\n5 678,3\n", "thousands"), ("a;b\n1.234,5;2\n2.000,0;3\n", "thousands"),
    ("a,b\n1'234,2\n12'345,3\n", "thousands"), ("a;b\n1.234;2,5\n2.000;3,5\n", "decimal comma"), ("a;b\n1,5;2\n1.5;3\n", "decimal comma"),
    ("a;b\n1,5;2\n2,5;3\n", None), ("a;b\n1.5;2\n2.5;3\n", None), ('a,b\n"Ice, thin",2\nwater,3\n', None), ("a,b\n1,2\n3,4\n", None),
])
def test_marks_in_numbers_are_told(tmp_path, text, told):
    (tmp_path / "t.csv").write_text(text)
    _, record, _ = run_pipeline(tmp_path, TABLE.format("t.csv"))
    lines = said(record)
    assert (len(lines) == 1 and told in lines[0]) if told else not lines, lines


def test_names_of_columns_are_no_expressions_of_qgis(tmp_path):
    import sqlite3
    from xml.etree import ElementTree

    (tmp_path / "t.csv").write_text("a [% @user_account_name %] b,p %] q,share [%],n,lat,lon\n1,2,3,4,70,10\n5,6,7,8,71,11\n")
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: t.csv, x: lon, y: lat } }
outputs: { g.gpkg: { t: t.table } }
""")
    with sqlite3.connect(out / "g.gpkg") as db:
        (style,) = db.execute("SELECT styleQML FROM layer_styles").fetchone()
    tip = ElementTree.fromstring(style[style.index("<qgis"):]).find("mapTip").text
    found = re.findall(r"\[%(.*?)%\]", tip, re.S)
    assert found and all(re.fullmatch(r' coalesce\("[a-z]+", .*\) ', f) for f in found), tip


# --- expressions


@pytest.mark.parametrize("text, want", [
    ("1e39 * a", [0, 1e39, 2e39]), ("a / 1e-50", [0, 1e50, 2e50]), ("16777217 - 16777216 + a", [1, 2, 3]),
    ("a + 0.5", [0.5, 1.5, 2.5]), ("where(0 ^ -1 > 5, 1, 0) + a", [np.nan] * 3), ("1 / (0 ^ -1) + a", [np.nan] * 3),
    ("a ^ -1", [np.nan, 1, 0.5]),
])
def test_numbers_beyond_single_precision(tmp_path, text, want):
    write_tif(tmp_path / "r.tif", np.arange(3, dtype="float32")[None, None, :])
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [r.tif], names: [a] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: "{text}" }} }}
outputs: {{ v.tif: x.result }}
""")
    np.testing.assert_allclose(read(out / "v.tif").ravel(), want)


def test_a_function_without_parentheses(tmp_path):
    write_tif(tmp_path / "r.tif", np.ones((1, 1, 3), "float32"))
    result = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [r.tif], names: [a] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: "abs a" } }
outputs: { v.tif: x.result }
""", expect=2)[2]
    assert "without '('" in result.err and "did you mean" not in result.err
