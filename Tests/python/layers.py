"""Vector layers that tests read, written by OGR."""
from osgeo import gdal, ogr, osr


def srs(code):
    found = osr.SpatialReference()
    found.ImportFromEPSG(code)
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


def layer(path, geometries, kind=ogr.wkbUnknown, code=4326, driver="GPKG", name="land", append=False):
    ds = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE) if append else gdal.GetDriverByName(driver).Create(
        str(path), 0, 0, 0, gdal.GDT_Unknown)
    own = ds.CreateLayer(name, srs(code) if code else None, kind)
    own.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    for i, g in enumerate(geometries):
        feature = ogr.Feature(own.GetLayerDefn())
        feature["n"] = i
        if g is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(g if isinstance(g, str) else g.wkt))
        own.CreateFeature(feature)
    ds = None
    return path
