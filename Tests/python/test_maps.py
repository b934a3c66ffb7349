"""Reference systems that coordinates or maps do not fit: angles that are no degrees from Greenwich, maps of the other pole."""
import numpy as np
import pytest
from osgeo import ogr, osr

from conftest import floe, read, run_pipeline, write_tif

# Paris in grads, Paris in degrees, and a turned pole as regional climate models have it.
STRANGE = {
    "angles in the unit 'grad'": "EPSG:4807",
    "longitudes from Paris": '+proj=longlat +ellps=WGS84 +pm=paris +type=crs',
    "longitudes and latitudes about another pole": "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=6.55 +lon_0=180 +type=crs",
}
READ = "floe: 1\nsteps: { r: { use: raster.read, with: { files: [g.tif] } } }\noutputs: { o.tif: r.image }\n"


def reference(text):
    srs = osr.SpatialReference()
    assert srs.SetFromUserInput(text) == 0
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


@pytest.mark.parametrize("words, system", STRANGE.items())
def test_strange_angles_are_refused(tmp_path, words, system):
    from osgeo import gdal
    write_tif(tmp_path / "g.tif", np.ones((1, 4, 4), "uint8"), epsg=4326, origin=(10, 70), pixel=0.1)
    ds = gdal.Open(str(tmp_path / "g.tif"), gdal.GA_Update)
    assert ds.SetSpatialRef(reference(system)) == 0
    ds = None
    # What GeoTIFF does not keep of a turned pole stands beside the file.
    if words in str(gdal.Open(str(tmp_path / "g.tif")).GetSpatialRef().ExportToWkt()) or "pole" not in words:
        err = run_pipeline(tmp_path, READ, expect=2)[2].err
        assert words in err and "gdalwarp -t_srs" in err
    (tmp_path / "t.csv").write_text("x,y,n\n1,50,1.5\n")
    err = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ t: {{ use: table.read, with: {{ file: t.csv, x: x, y: y, crs: "{system}" }} }} }}
outputs: {{ o.gpkg: t.table }}
""", expect=2)[2].err
    assert words in err


def test_land_in_grads_is_refused(tmp_path):
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "land.gpkg"))
    layer = source.CreateLayer("land", reference("EPSG:4807"), ogr.wkbPolygon)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON ((0 50, 1 50, 1 51, 0 51, 0 50))"))
    layer.CreateFeature(feature)
    source = layer = None
    write_tif(tmp_path / "g.tif", np.ones((1, 4, 4), "uint8"), epsg=4326, origin=(2.5, 46), pixel=0.1)
    err = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [g.tif] } }
  c: { use: raster.clip, in: { image: r.image }, with: { polygons: land.gpkg } }
outputs: { o.tif: c.result }
""", expect=None)[2].err
    assert "angles in the unit 'grad'" in err


@pytest.mark.parametrize("target, fair", [("EPSG:3413", True), ("EPSG:6931", True), ("EPSG:32633", True), ("EPSG:3031", False), ("EPSG:6932", False)])
def test_maps_of_the_other_pole_are_told(tmp_path, target, fair):
    write_tif(tmp_path / "g.tif", np.ones((1, 40, 40), "uint8"), epsg=32633, origin=(500000, 8900000), pixel=100)
    out, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [g.tif] }} }}
  w: {{ use: raster.warp, in: {{ image: r.image }}, with: {{ crs: "{target}", resolution: {100 if fair else 20000} }} }}
outputs: {{ o.tif: w.result }}
""")
    told = [w["message"] for w in record["warnings"] if "map of another part of the Earth" in w["message"]]
    assert bool(told) != fair
    if told:
        import pyproj
        lon, lat = pyproj.Transformer.from_crs(32633, 4326, always_xy=True).transform(502000, 8898000)
        factors = pyproj.Proj(target).get_factors(lon, lat)
        got = [float(x) for x in told[0].split("lengths of ")[1].split(" times")[0].split(" to ")]
        np.testing.assert_allclose(got, [factors.tissot_semiminor, factors.tissot_semimajor], rtol=0.01, atol=0.06)


def test_outlines_keep_to_the_memory_or_are_refused(tmp_path):
    rng = np.random.default_rng(1)
    write_tif(tmp_path / "g.tif", rng.integers(1, 3, (1, 2400, 2400)).astype("uint8"))
    pipeline = """
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [g.tif] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: B01, classes: {{ 1: sea_ice, 2: lead }} }} }}
  {step}
outputs: {{ o.gpkg: {output} }}
"""
    for step, output in (("p: { use: vector.polygonize, in: { image: x.result } }", "p.polygons"), ("p: { use: vector.leads, in: { image: x.result } }", "p.leads")):
        out, record, result = run_pipeline(tmp_path, pipeline.format(step=step, output=output), "--memory", "400MB", expect=None)
        if result.status == 0:
            assert record["peak_memory_bytes"] < 420e6
        else:
            assert result.status == 1 and "--memory has room for less" in result.err


def test_local_contrast_is_the_same_in_any_unit_of_the_map(tmp_path):
    from osgeo import gdal
    rng = np.random.default_rng(4)
    image = rng.integers(100, 900, (1, 60, 72)).astype("uint16")
    results = []
    for unit, factor in (("m", 1), ("km", 1000), ("ft", 0.3048)):
        write_tif(tmp_path / "g.tif", image, 32633, (0, 9000000 / factor), 100 / factor)
        ds = gdal.Open(str(tmp_path / "g.tif"), gdal.GA_Update)
        ds.SetSpatialRef(reference(f"+proj=laea +lat_0=90 +datum=WGS84 +units={unit} +type=crs"))
        ds = None
        out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [g.tif] } }
  c: { use: raster.local_contrast, in: { image: r.image }, with: { size: 3000 } }
outputs: { o.tif: c.result }
""", "--force")
        results.append(read(out / "o.tif"))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("epsg, place, is_told", [(3413, (-200000, 300000), True), (3413, (-800000, -2000000), False), (6931, (-200000, 300000), False), (32633, (500000, 8900000), False), (3857, (1500000, 2500000), True)])
@pytest.mark.parametrize("step", ["classes", "polygonize", "leads"])
def test_areas_of_maps_that_are_not_equal_area_are_told(tmp_path, epsg, place, is_told, step):
    import pyproj
    from shapely.geometry import box
    write_tif(tmp_path / "g.tif", np.tile(np.array([1, 2, 2, 1], "uint8"), (1, 16, 4)), epsg=epsg, origin=place, pixel=100)
    more = {
        "classes": "p: { use: cluster.kmeans, in: { samples: r.image }, with: { clusters: 2, names: { sea_ice: lowest B01, lead: highest B01 } } }",
        "polygonize": "p: { use: vector.polygonize, in: { image: x.result } }",
        "leads": "p: { use: vector.leads, in: { image: x.result } }",
    }[step]
    output = {"classes": "o.tif: p.classes", "polygonize": "o.gpkg: p.polygons", "leads": "o.gpkg: p.leads"}[step]
    (tmp_path / "pipeline.yaml").write_text(f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [g.tif] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: B01, classes: {{ 1: sea_ice, 2: lead }} }} }}
  {more}
outputs: {{ {output} }}
""")
    said = floe("run", "pipeline.yaml", "-o", "out", cwd=tmp_path).err
    told = [line for line in said.splitlines() if "areas are those of the map" in line]
    assert bool(told) == is_told, said
    # The judge: geodesic area of the raster's outline beside its area on the map.
    x, y = place
    outline = box(x, y - 1600, x + 1600, y).segmentize(100)
    to = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
    lon, lat = to.transform(*outline.exterior.xy)
    true = abs(pyproj.Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])
    for line in told:
        assert float(line.split("in the middle of the raster ")[1].split(" ")[0]) == pytest.approx(outline.area / true, rel=2e-3)
