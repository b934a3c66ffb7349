"""Rasters and tables as others write them: no-data values of bands, places of pixels, encodings. GDAL, rasterio, netCDF4 and PROJ say what is right."""
import os

import netCDF4
import numpy as np
import pyproj
import pytest
from osgeo import gdal, ogr, osr

from conftest import floe, read, run_pipeline, write_tif

READ = """
floe: 1
steps: {{ r: {{ use: raster.read, with: {{ files: [{file}]{more} }} }} }}
outputs: {{ r.tif: r.image }}
"""


def tif(path, array, transform=(0, 10, 0, 0, 0, -10), system="EPSG:3413", nodata=None):
    kinds = {"int16": gdal.GDT_Int16, "uint8": gdal.GDT_Byte}
    ds = gdal.GetDriverByName("GTiff").Create(str(path), array.shape[1], array.shape[0], 1, kinds[array.dtype.name])
    if transform:
        ds.SetGeoTransform(transform)
    if system:
        ds.SetProjection(pyproj.CRS(system).to_wkt("WKT1_GDAL"))
    ds.GetRasterBand(1).WriteArray(array)
    if nodata is not None:
        ds.GetRasterBand(1).SetNoDataValue(nodata)
    return ds


def said(tmp_path, file, more=""):
    _, _, result = run_pipeline(tmp_path, READ.format(file=file, more=more), expect=None)
    assert result.status in (1, 2), "read in silence"
    assert "damaged" not in result.err
    return result.err


# --- no data


@pytest.mark.parametrize("values", [(5, None), (None, 5), (5, 7), (None, None), (None, 5, 7, None)])
def test_no_data_of_one_band_stays_with_it(tmp_path, values):
    array = (np.arange(600 * 700).reshape(600, 700) % 9 + 1).astype("int16")
    for i, value in enumerate(values):
        tif(tmp_path / f"s{i}.tif", array, nodata=value)
    files = ", ".join(f"s{i}.tif" for i in range(len(values)))
    names = ", ".join(f"b{i}" for i in range(len(values)))
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ r: {{ use: raster.read, with: {{ files: [{files}], names: [{names}] }} }} }}
outputs: {{ r.tif: r.image, r.zarr: r.image }}
""")
    ds = gdal.Open(str(out / "r.tif"))
    for i, value in enumerate(values):
        zarr = gdal.Open(f'ZARR:"{out / "r.zarr"}":/b{i}')
        for band in (ds.GetRasterBand(i + 1), zarr.GetRasterBand(1)):
            assert band.GetNoDataValue() == value
            np.testing.assert_array_equal(band.GetMaskBand().ReadAsArray() == 0, array == value)
    # The whole way once more.
    again = tmp_path / "again"
    again.mkdir()
    more, _, _ = run_pipeline(again, READ.format(file=out / "r.tif", more=""))
    ds = gdal.Open(str(more / "r.tif"))
    assert [ds.GetRasterBand(i + 1).GetNoDataValue() for i in range(len(values))] == list(values)


def test_zeros_that_become_no_data_are_told(tmp_path):
    write_tif(tmp_path / "a.tif", np.zeros((1, 20, 20), "uint8"))
    pipeline = """
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif]{more} }} }}
  w: {{ use: raster.warp, in: {{ image: r.image }}, with: {{ crs: "EPSG:3413" }} }}
outputs: {{ o.tif: w.result }}
"""
    _, record, _ = run_pipeline(tmp_path, pipeline.format(more=""))
    assert any("0 is declared" in w["message"] and "'no_data'" in w["message"] for w in record["warnings"])
    _, record, _ = run_pipeline(tmp_path, pipeline.format(more=", no_data: 255"), "--overwrite")
    assert not any("0 is declared" in w["message"] for w in record["warnings"])


@pytest.mark.parametrize("internal", ["YES", "NO"])
@pytest.mark.parametrize("order", ["mask first", "overviews first"])
@pytest.mark.parametrize("external", [False, True])
def test_masks_without_overviews_of_their_own(tmp_path, internal, order, external):
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", internal)
    path = str(tmp_path / "a.tif")
    tif(path, np.full((256, 256), 7, "uint8"))
    valid = np.zeros((256, 256), "uint8")
    valid[:, :128] = 255

    def mask():
        ds = gdal.Open(path, gdal.GA_Update)
        ds.CreateMaskBand(gdal.GMF_PER_DATASET)
        ds.GetRasterBand(1).GetMaskBand().WriteArray(valid)

    def overviews():
        ds = gdal.Open(path, gdal.GA_ReadOnly if external else gdal.GA_Update)
        ds.BuildOverviews("NEAREST", [2])

    for act in (mask, overviews) if order == "mask first" else (overviews, mask):
        act()
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=", reduction: 2"))
    values = read(out / "r.tif")
    assert values.shape == (128, 128) and (values[:, :64] == 7).all() and (values[:, 64:] == -32768).all()


# --- places


@pytest.mark.parametrize("means, words", [("gcp", ["control points", "gdalwarp"]), ("rpc", ["RPC", "gdalwarp -rpc"]), ("none", None)])
def test_places_that_are_no_grid_are_refused(tmp_path, means, words):
    ds = tif(tmp_path / "a.tif", np.ones((8, 9), "uint8"), None, None)
    if means == "gcp":
        corners = [(10, 70, 0, 0), (11, 70, 9, 0), (10, 69, 0, 8), (11, 69, 9, 8)]
        ds.SetGCPs([gdal.GCP(x, y, 0, c, r) for x, y, c, r in corners], pyproj.CRS(4326).to_wkt("WKT1_GDAL"))
    elif means == "rpc":
        terms = " ".join(["0"] * 20)
        keys = ["LINE_OFF", "SAMP_OFF", "LAT_OFF", "LONG_OFF", "HEIGHT_OFF", "LINE_SCALE", "SAMP_SCALE", "LAT_SCALE", "LONG_SCALE", "HEIGHT_SCALE"]
        ds.SetMetadata({**{k: "1" for k in keys}, **{f"{a}_{b}_COEFF": terms for a in ("LINE", "SAMP") for b in ("NUM", "DEN")}}, "RPC")
    ds = None
    if words is None:
        run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
        return
    sentence = said(tmp_path, "a.tif")
    assert all(word in sentence for word in words)


PROJECTED = [("y", "projection_y_coordinate"), ("x", "projection_x_coordinate")]
DEGREES = [("y", "latitude"), ("x", "longitude")]


def grid(path, y, x, kinds, units, order=("y", "x"), kind="f8", projected=False, swath=False):
    """A netCDF file with one variable `v` and axes by CF's names."""
    lengths = {"y": len(y), "x": len(x), "t": 3}
    with netCDF4.Dataset(path, "w") as f:
        for name in order:
            f.createDimension(name, lengths[name])
        for (name, standard), values, unit in zip(kinds, (y, x), units):
            axis = f.createVariable(name, kind, (name,))
            axis[:] = values
            axis.standard_name = standard
            if unit is not None:
                axis.units = unit
        v = f.createVariable("v", "f4", order)
        v[:] = np.arange(v.size).reshape(v.shape)
        if swath:
            for name, values, unit in (("lat", np.add.outer(np.arange(len(y)), np.arange(len(x)) / 9), "degrees_north"),
                                       ("lon", np.add.outer(np.arange(len(y)) / 9, np.arange(len(x))), "degrees_east")):
                c = f.createVariable(name, "f4", ("y", "x"))
                c[:] = values
                c.units = unit
            if swath == "named":
                v.coordinates = "lat lon"
        if projected:
            c = f.createVariable("crs", "i4")
            c.grid_mapping_name = "polar_stereographic"
            c.straight_vertical_longitude_from_pole, c.latitude_of_projection_origin, c.standard_parallel = -45.0, 90.0, 70.0
            c.false_easting = c.false_northing = 0.0
            c.semi_major_axis, c.inverse_flattening = 6378137.0, 298.257223563
            v.grid_mapping = "crs"


@pytest.mark.parametrize("unit, metres", [
    ("m", 1), ("meters", 1), ("km", 1000), ("kilometers", 1000), ("kilometres", 1000), ("Kilometer", 1000),
    ("1000 m", 1000), ("100 km", 100000), ("1e3 meter", 1000),
])
def test_units_of_netcdf_axes(tmp_path, unit, metres):
    grid(tmp_path / "a.nc", 100 - 25.0 * np.arange(4), 10 + 25.0 * np.arange(5), PROJECTED, [unit, unit], projected=True)
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.nc", more=""))
    ds = gdal.Open(str(out / "r.tif"))
    system = ds.GetSpatialRef()
    np.testing.assert_allclose(np.array(ds.GetGeoTransform()) * system.GetLinearUnits(),
                               np.array([-2.5, 25, 0, 112.5, 0, -25]) * metres)
    # The corner's place on the Earth by PROJ.
    to_degrees = osr.SpatialReference()
    to_degrees.ImportFromEPSG(4326)
    for s in (system, to_degrees):
        s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    got = osr.CoordinateTransformation(system, to_degrees).TransformPoint(*ds.GetGeoTransform()[0:4:3])
    want = pyproj.Transformer.from_crs(3413, 4326, always_xy=True).transform(-2.5 * metres, 112.5 * metres)
    np.testing.assert_allclose(got[:2], want, atol=1e-6)


@pytest.mark.parametrize("units, words", [
    (["foo", "foo"], ["'y'", "'foo'", "a.nc"]), ([None, None], ["no unit"]), (["radians", "radians"], ["'radians'"]),
    (["-5 m", "-5 m"], ["'-5 m'"]), (["km", "kilometers"], None), (["kilometers", "1000000 m"], ["'x'", "other axis"]),
])
def test_units_that_are_no_length_are_refused(tmp_path, units, words):
    grid(tmp_path / "a.nc", 100 - 25.0 * np.arange(4), 10 + 25.0 * np.arange(5), PROJECTED, units, projected=True)
    if words is None:
        run_pipeline(tmp_path, READ.format(file="a.nc", more=""))
        return
    sentence = said(tmp_path, "a.nc")
    assert all(word in sentence for word in words)


LATITUDES, LONGITUDES = 60 + 0.1 * np.arange(40), 0.1 * np.arange(50)
GAP = np.where(np.arange(40) < 25, LATITUDES, LATITUDES + 3)
MERCATOR = np.degrees(np.arctan(np.sinh(np.linspace(1.2, 1.6, 40))))
LOST = np.where(np.arange(40) == 7, np.nan, LATITUDES)
NORTH_EAST = ["degrees_north", "degrees_east"]


@pytest.mark.parametrize("y, x, kinds, units, name", [
    (GAP, LONGITUDES, DEGREES, NORTH_EAST, "y"), (GAP[::-1], LONGITUDES, DEGREES, NORTH_EAST, "y"),
    (MERCATOR, LONGITUDES, DEGREES, NORTH_EAST, "y"), (LOST, LONGITUDES, DEGREES, NORTH_EAST, "y"),
    (LATITUDES, np.r_[LONGITUDES[:49], 5.1], DEGREES, NORTH_EAST, "x"),
    (1000.0 * np.array([5, 4, 2, 1]), 1000.0 * np.arange(5), PROJECTED, ["m", "m"], "y"),
    (1000.0 * np.arange(4), 1000.0 * np.array([0, 1, 2, 3, 5]), PROJECTED, ["m", "m"], "x"),
])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_uneven_axes_are_refused(tmp_path, y, x, kinds, units, name, kind):
    grid(tmp_path / "a.nc", y, x, kinds, units, kind=kind, projected=kinds is PROJECTED)
    sentence = said(tmp_path, "a.nc")
    assert f"axis '{name}'" in sentence and "not even" in sentence


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("y, x", [
    (LATITUDES, LONGITUDES), (LATITUDES[::-1], LONGITUDES), (LATITUDES, 150 + LONGITUDES / 10),
    # Across 180 degrees, and rounded to hundredths of a degree.
    (LATITUDES, (178 + LONGITUDES + 180) % 360 - 180), (np.round(60 + np.arange(40) / 16, 2), LONGITUDES),
])
def test_even_axes_are_read(tmp_path, y, x, kind):
    grid(tmp_path / "a.nc", y, x, DEGREES, NORTH_EAST, kind=kind)
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.nc", more=""))
    t = gdal.Open(str(out / "r.tif")).GetGeoTransform()
    step = abs(y[-1] - y[0]) / (len(y) - 1)
    assert abs(t[3] + t[5] / 2 - max(y)) < step / 10
    assert abs((t[0] + t[1] / 2 - x[0] + 180) % 360 - 180) < t[1] / 4
    values = np.arange(2000).reshape(40, 50)
    np.testing.assert_array_equal(read(out / "r.tif"), values if y[0] > y[-1] else values[::-1])


def test_axes_beyond_their_precision_are_refused(tmp_path):
    # Thousandths of a degree at 150 degrees: GDAL calls them uneven and gives no place.
    grid(tmp_path / "a.nc", LATITUDES, 150 + LONGITUDES / 100, DEGREES, NORTH_EAST, kind="f8")
    run_pipeline(tmp_path, READ.format(file="a.nc", more=""))
    grid(tmp_path / "a.nc", LATITUDES, 150 + LONGITUDES / 100, DEGREES, NORTH_EAST, kind="f4")
    assert "double precision" in said(tmp_path, "a.nc")


@pytest.mark.parametrize("order, words", [
    (("x", "y"), ["order x, y", "ncpdq -a y,x"]), (("y", "x", "t"), ["order y, x, t", "ncpdq -a t,y,x"]),
    (("t", "x", "y"), ["order t, x, y"]), (("t", "y", "x"), None),
])
def test_dimensions_in_another_order_are_refused(tmp_path, order, words):
    grid(tmp_path / "a.nc", LATITUDES, LONGITUDES, DEGREES, NORTH_EAST, order)
    if words is None:
        out, _, _ = run_pipeline(tmp_path, READ.format(file="a.nc", more=""))
        assert read(out / "r.tif").shape == (3, 40, 50)
        return
    sentence = said(tmp_path, "a.nc")
    assert all(word in sentence for word in words)


@pytest.mark.parametrize("way", ["named", "beside"])
def test_swaths_are_refused(tmp_path, way):
    grid(tmp_path / "a.nc", LATITUDES, LONGITUDES, [], [], swath=way)
    sentence = said(tmp_path, "'NETCDF:\"a.nc\":v'")
    assert "longitudes and latitudes" in sentence and "gdalwarp -geoloc" in sentence


# --- maps


@pytest.mark.parametrize("epsg", [6931, 3031, 3413])
@pytest.mark.parametrize("west", [-180, 0])
def test_polygons_of_the_whole_earth_keep_their_meridian(tmp_path, epsg, west):
    half = 40.5 * 25000
    tif(tmp_path / "a.tif", np.ones((81, 81), "uint8"), (-half, 25000, 0, half, 0, -25000), f"EPSG:{epsg}", nodata=0)
    ds = gdal.GetDriverByName("GPKG").Create(str(tmp_path / "w.gpkg"), 0, 0, 0, gdal.GDT_Unknown)
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    own = ds.CreateLayer("w", system, ogr.wkbPolygon)
    f = ogr.Feature(own.GetLayerDefn())
    east = west + 360
    f.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({west} -90, {east} -90, {east} 90, {west} 90, {west} -90))"))
    own.CreateFeature(f)
    ds = own = f = None
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  c: { use: raster.clip, in: { image: r.image }, with: { polygons: w.gpkg } }
outputs: { o.tif: c.result }
""")
    assert (read(out / "o.tif") == 1).all()


WARP = """
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif] }} }}
  w: {{ use: raster.warp, in: {{ image: r.image }}, with: {{ crs: "{crs}" }} }}
outputs: {{ o.tif: w.result }}
"""


@pytest.mark.parametrize("crs, words", [
    ("EPSG:3413", ["hemisphere", "raster.clip"]), ("EPSG:3031", ["hemisphere", "raster.clip"]),
    ("EPSG:4978", ["EPSG:4978", "centre", "EPSG:3413"]),
])
def test_maps_that_the_globe_has_no_place_on(tmp_path, crs, words):
    tif(tmp_path / "a.tif", np.ones((180, 360), "uint8"), (-180, 1, 0, 90, 0, -1), "EPSG:4326", nodata=0)
    _, _, result = run_pipeline(tmp_path, WARP.format(crs=crs), expect=None)
    assert result.status in (1, 2) and all(word in result.err for word in words)
    assert "choose a projected" not in result.err


def test_systems_without_a_code_have_their_name(tmp_path):
    array = np.ones((20, 20), "uint8")
    wkt = pyproj.CRS("+proj=laea +lat_0=81 +lon_0=7 +datum=WGS84").to_wkt("WKT1_GDAL").replace('PROJCS["unknown"', 'PROJCS["Ice of the bay"')
    tif(tmp_path / "a.tif", array, system=wkt)
    tif(tmp_path / "b.tif", array, system="EPSG:3413")
    sentence = said(tmp_path, "a.tif, b.tif")
    assert "Ice of the bay" in sentence and "PROJC" not in sentence and "EPSG:3413" in sentence


# --- the environment, encodings


@pytest.mark.parametrize("option", ["CONVERT_YCBCR_TO_RGB=NO", "ATTRIBUTES_SKIP=YES", "AAIGRID_DATATYPE=Float64", "GEOMETRY_AS_COLLECTION=YES"])
def test_options_of_single_drivers_change_nothing(tmp_path, option):
    random = np.random.default_rng(3)
    image = gdal.GetDriverByName("GTiff").Create(
        str(tmp_path / "y.tif"), 64, 64, 3, gdal.GDT_Byte, ["PHOTOMETRIC=YCBCR", "COMPRESS=JPEG", "INTERLEAVE=PIXEL"])
    image.SetGeoTransform((0, 10, 0, 0, 0, -10))
    image.WriteArray(random.integers(0, 255, (3, 64, 64)).astype("uint8"))
    image = None
    (tmp_path / "g.asc").write_text("ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9999\n1 2 3.5\n4.1 -9999 6\n")
    (tmp_path / "t.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"n": 7, "s": "a"}, '
        '"geometry": {"type": "Point", "coordinates": [10, 80]}}]}')
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps:
  y: { use: raster.read, with: { files: [y.tif] } }
  g: { use: raster.read, with: { files: [g.asc] } }
  t: { use: table.read, with: { file: t.geojson } }
outputs: { y.tif: y.image, g.tif: g.image, t.csv: t.table }
""")
    name, value = option.split("=")
    files = {}
    for label, env in (("plain", {}), ("set", {name: value})):
        floe("run", tmp_path / "p.yaml", "-o", tmp_path / label, "--quiet", env={**os.environ, **env})
        files[label] = {p.name: p.read_bytes() for p in sorted((tmp_path / label).iterdir()) if p.name != "run.json"}
    assert files["set"] == files["plain"] and b"7" in files["plain"]["t.csv"]


@pytest.mark.parametrize("text, encoding, named, env, want", [
    ("Åse", "cp1252", None, {}, None), ("Åse", "cp1252", "UTF-8", {}, None), ("Åse", "cp1252", "1252", {}, "Åse"),
    ("Ås", "utf-8", None, {}, "Ås"), ("Åse", "cp1252", None, {"SHAPE_ENCODING": "CP1252"}, "Åse"),
])
def test_encodings_of_shapefiles(tmp_path, text, encoding, named, env, want):
    ds = gdal.GetDriverByName("ESRI Shapefile").Create(str(tmp_path / "s.shp"), 0, 0, 0, gdal.GDT_Unknown)
    own = ds.CreateLayer("s", None, ogr.wkbPoint, ["ENCODING="])
    own.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    f = ogr.Feature(own.GetLayerDefn())
    f["name"] = "XXXX"
    f.SetGeometry(ogr.CreateGeometryFromWkt("POINT (1 70)"))
    own.CreateFeature(f)
    ds = own = f = None
    data = (tmp_path / "s.dbf").read_bytes()
    (tmp_path / "s.dbf").write_bytes(data.replace(b"XXXX", text.encode(encoding).ljust(4)))
    (tmp_path / "s.cpg").unlink(missing_ok=True)
    if named:
        (tmp_path / "s.cpg").write_text(named)
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps: { t: { use: table.read, with: { file: s.shp } } }
outputs: { o.csv: t.table }
""")
    result = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", expect=None, env={**os.environ, **env})
    if want is None:
        assert result.status in (1, 2) and "row 1" in result.err and "'name'" in result.err and ".cpg" in result.err
    else:
        assert result.status == 0 and want in (tmp_path / "out/o.csv").read_text()


@pytest.mark.parametrize("name", ["PROJ_LIB", "PROJ_DATA"])
def test_tables_of_another_proj_are_told(tmp_path, name):
    """As other programs' folders in the environment give them; each reader and writer asks PROJ for something else."""
    write_tif(tmp_path / "a.tif", np.full((1, 40, 40), 7, "uint8"))
    (tmp_path / "t.csv").write_text("lon,lat\n10,60\n")
    (tmp_path / "empty").mkdir()
    for steps, port in (("r: { use: raster.read, with: { files: [a.tif] } }", "o.tif: r.image"),
                        ("t: { use: table.read, with: { file: t.csv, x: lon, y: lat } }", "o.csv: t.table")):
        (tmp_path / "p.yaml").write_text(f"floe: 1\nsteps: {{ {steps} }}\noutputs: {{ {port} }}\n")
        result = floe("run", "p.yaml", "-o", "o", cwd=tmp_path, env={name: str(tmp_path / "empty")}, expect=None)
        if result.status != 0:
            assert f"{name} is '{tmp_path}/empty' in the environment" in result.err and "unset" in result.err
            assert "is not a coordinate reference system" not in result.err


@pytest.mark.parametrize("named, told", [("nowhere", True), (None, False)])
def test_a_grid_mapping_that_is_not_there_is_told(tmp_path, named, told):
    """GDAL reads the pixels and leaves the reference system out."""
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as d:
        for axis, values in (("y", 5e5 - 1000.0 * np.arange(10)), ("x", 3e5 + 1000.0 * np.arange(12))):
            d.createDimension(axis, values.size)
            v = d.createVariable(axis, "f8", (axis,))
            v[:], v.units, v.standard_name = values, "m", f"projection_{axis}_coordinate"
        v = d.createVariable("v", "f4", ("y", "x"))
        v[:] = np.arange(120.0).reshape(10, 12)
        if named:
            v.grid_mapping = named
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
steps: { r: { use: raster.read, with: { files: [a.nc] } } }
outputs: { o.tif: r.image }
""")
    assert np.array_equal(read(out / "o.tif"), np.arange(120.0).reshape(10, 12))
    assert ("grid mapping 'nowhere'" in " ".join(w["message"] for w in record["warnings"])) == told
