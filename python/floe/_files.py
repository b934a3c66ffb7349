"""Files as values and values as files: GeoTIFF and xarray, GeoPackage and geopandas, netCDF, CSV, JSON."""
from __future__ import annotations

import errno
import json
import os
import pathlib

import numpy as np

HELPERS = ("layer_styles",)


def _need(name, what):
    import importlib.util
    try:
        return importlib.import_module(name)
    except ImportError:
        if importlib.util.find_spec(name.partition(".")[0]) is not None:
            raise
        raise ImportError(f"{what} need the package {name}: pip install {name}") from None


def read(path):
    """A file that floe wrote, as a value: `.tif` an `xarray.DataArray`, `.gpkg` a GeoDataFrame or a dict of them, `.csv` a
    DataFrame, `.nc` an `xarray.Dataset`, `.json` a dict, `.txt` text; of other files the path."""
    # GDAL's own file systems, such as /vsicurl/, are no places on a disk.
    if not os.fspath(path).startswith("/vsi") and not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    path = pathlib.Path(path)
    reader = {".tif": read_raster, ".tiff": read_raster, ".gpkg": read_tables, ".csv": read_csv, ".nc": read_netcdf,
              ".json": lambda p: json.loads(p.read_text(encoding="utf-8")), ".txt": lambda p: p.read_text(encoding="utf-8")}
    return reader.get(path.suffix.lower(), lambda p: p)(path)


# Rasters


def _open_raster(path):
    """Pixels (bands first) and what the file says of them, through GDAL's own bindings or rasterio."""
    try:
        from osgeo import gdal
    except ImportError:
        return _open_with_rasterio(path)
    with gdal.ExceptionMgr(useExceptions=True) if hasattr(gdal, "ExceptionMgr") else _exceptions(gdal):
        data = gdal.Open(str(path))
        bands = [data.GetRasterBand(i + 1) for i in range(data.RasterCount)]
        pixels = data.ReadAsArray()
        return pixels.reshape(len(bands), data.RasterYSize, data.RasterXSize), {
            "wkt": data.GetProjection(), "transform": data.GetGeoTransform(), "tags": data.GetMetadata(),
            "names": [b.GetDescription() for b in bands], "nodata": [b.GetNoDataValue() for b in bands],
            "scales": [1.0 if b.GetScale() is None else b.GetScale() for b in bands],
            "offsets": [b.GetOffset() or 0.0 for b in bands], "units": [b.GetUnitType() for b in bands],
            "band_tags": [b.GetMetadata() for b in bands]}


class _exceptions:
    """GDAL's exceptions for a while, in versions before `gdal.ExceptionMgr`."""

    def __init__(self, gdal):
        self.gdal = gdal

    def __enter__(self):
        self.before = self.gdal.GetUseExceptions()
        self.gdal.UseExceptions()

    def __exit__(self, *_):
        if not self.before:
            self.gdal.DontUseExceptions()


def _open_with_rasterio(path):
    try:
        import rasterio
    except ImportError:
        raise ImportError("rasters need GDAL's Python bindings (osgeo) or the package rasterio: pip install rasterio") from None
    with rasterio.open(path) as data:
        n = data.count
        return data.read(), {
            "wkt": data.crs.to_wkt() if data.crs else "", "transform": data.transform.to_gdal(), "tags": data.tags(),
            "names": [d or "" for d in data.descriptions], "nodata": list(data.nodatavals), "scales": list(data.scales),
            "offsets": list(data.offsets), "units": [u or "" for u in data.units],
            "band_tags": [data.tags(i + 1) for i in range(n)]}


def read_raster(path):
    """A GeoTIFF as a `DataArray` of dimensions band, y, x, with the coordinates of the pixels' centres.

    Classes and cluster numbers keep their codes and their no-data value (`attrs["_FillValue"]`; names of classes in
    `attrs["flag_values"]` and `attrs["flag_meanings"]`, as in CF). Measurements come in their units, scale and offset applied,
    and are NaN where there is no data. The reference system is in `spatial_ref`, where rioxarray finds it.
    """
    xarray = _need("xarray", "rasters")
    pixels, said = _open_raster(path)
    classes = json.loads(said["tags"]["FLOE_CLASSES"]) if "FLOE_CLASSES" in said["tags"] else None
    scaled = any(s != 1 for s in said["scales"]) or any(o != 0 for o in said["offsets"])
    attributes = {}
    if classes is None and (scaled or pixels.dtype.kind == "f"):
        values = pixels.astype(np.float64 if pixels.dtype == np.float64 else np.float32)
        for i, missing in enumerate(said["nodata"]):
            hole = np.zeros(values[i].shape, bool) if missing is None or np.isnan(missing) else pixels[i] == missing
            values[i] = np.where(hole, np.nan, values[i] * np.float64(said["scales"][i]) + said["offsets"][i])
        pixels = values
    elif said["nodata"] and said["nodata"][0] is not None:
        attributes["_FillValue"] = pixels.dtype.type(said["nodata"][0])
    if classes is not None:
        attributes["flag_values"] = [e["code"] for e in classes["entries"]]
        attributes["flag_meanings"] = " ".join(e["name"] for e in classes["entries"])
        attributes["flag_colors"] = " ".join("#{red:02x}{green:02x}{blue:02x}".format(**e["color"]) for e in classes["entries"])
    units = {u for u in said["units"] if u}
    if len(units) == 1:
        attributes["units"] = units.pop()
    attributes.update({k: v for k, v in said["tags"].items() if not k.startswith("FLOE_") and k != "AREA_OR_POINT"})
    x0, dx, rx, y0, ry, dy = said["transform"]
    height, width = pixels.shape[1:]
    coordinates = {"band": [n or f"band {i + 1}" for i, n in enumerate(said["names"])],
                   "spatial_ref": xarray.DataArray(0, attrs={
                       "crs_wkt": said["wkt"], "spatial_ref": said["wkt"], "GeoTransform": " ".join(map(repr, map(float, said["transform"])))})}
    if rx == 0 and ry == 0:
        coordinates["y"] = y0 + dy * (np.arange(height) + 0.5)
        coordinates["x"] = x0 + dx * (np.arange(width) + 0.5)
    waves = [t.get("WAVELENGTH") for t in said["band_tags"]]
    if all(waves):
        coordinates["wavelength"] = ("band", np.array(waves, float), {"units": "nm"})
    # CF keeps this name apart from the attributes of data: xarray writes it as an encoding.
    made = xarray.DataArray(pixels, dims=("band", "y", "x"), coords=coordinates, attrs=attributes, name=pathlib.Path(path).stem)
    made.encoding["grid_mapping"] = "spatial_ref"
    return made


def from_array(array, *, crs=None, transform=None, bands=None, nodata=None):
    """A NumPy array with a place on earth, to be given to steps.

    array: bands first (or one band, two dimensions). crs: anything that pyproj or rasterio calls a reference system, for example
    "EPSG:32601". transform: an `affine.Affine`, as rasterio has it, or six numbers in GDAL's order (west, pixel width, 0, north, 0, minus pixel
    height) or in that of Affine (pixel width, 0, west, 0, minus pixel height, north); which of the two is told by where the zeros
    and the negative number stand. bands: names. nodata: the value of pixels without data; NaN for floats by default.
    """
    xarray = _need("xarray", "rasters")
    array = np.asarray(array)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3:
        raise ValueError(f"a raster has two dimensions, or three with bands first, not {array.ndim}")
    names = list(bands) if bands is not None else [f"band_{i + 1}" for i in range(array.shape[0])]
    if len(names) != array.shape[0]:
        raise ValueError(f"there are {array.shape[0]} bands and {len(names)} names")
    if transform is None:
        numbers = (0.0, 1.0, 0.0, float(array.shape[1]), 0.0, -1.0)
    else:
        numbers = _gdal_numbers(transform)
    made = xarray.DataArray(array, dims=("band", "y", "x"), coords={"band": names, "spatial_ref": xarray.DataArray(0, attrs={
        "crs_wkt": _wkt(crs), "GeoTransform": " ".join(map(repr, numbers))})})
    if nodata is not None:
        made.attrs["_FillValue"] = nodata
    return made


def _gdal_numbers(transform):
    """Six numbers in GDAL's order, of a raster that is north up: only of such ones floe takes arrays."""
    numbers = tuple(map(float, transform.to_gdal() if hasattr(transform, "to_gdal") else transform))
    if len(numbers) == 9 and numbers[6:] == (0, 0, 1):
        numbers = numbers[:6]
    if len(numbers) == 6:
        # A raster that is north up has its zeros and its negative number at other places in either order.
        west, width, row_shear, north, column_shear, height = numbers
        if row_shear == 0 and column_shear == 0 and width > 0 > height:
            return numbers
        width, row_shear, west, column_shear, height, north = numbers
        if row_shear == 0 and column_shear == 0 and width > 0 > height:
            return west, width, 0.0, north, 0.0, height
    raise ValueError(
        "transform must be an affine.Affine, or six numbers in GDAL's order (west, pixel width, 0, north, 0, -pixel height) or in Affine's "
        f"(pixel width, 0, west, 0, -pixel height, north), north up and not rotated; it is {tuple(transform)}")


def _wkt(crs):
    if crs is None or crs == "":
        return ""
    if hasattr(crs, "to_wkt"):
        return crs.to_wkt()
    try:
        import pyproj
        return pyproj.CRS.from_user_input(crs).to_wkt()
    except ImportError:
        pass
    try:
        from osgeo import osr
    except ImportError:
        return _need("rasterio.crs", "reference systems").CRS.from_user_input(crs).to_wkt()
    system = osr.SpatialReference()
    if system.SetFromUserInput(str(crs)) != 0:
        raise ValueError(f"'{crs}' is no reference system")
    return system.ExportToWkt()


def _place(array):
    """WKT and GDAL's six numbers of a DataArray; from `spatial_ref`, else from the coordinates x and y."""
    said = array.coords["spatial_ref"].attrs if "spatial_ref" in array.coords else {}
    wkt = said.get("crs_wkt") or said.get("spatial_ref") or _wkt(array.attrs.get("crs"))
    # Coordinates first: a part of a raster keeps the whole one's transformation in `spatial_ref`.
    if "x" in array.coords and "y" in array.coords and array.sizes["x"] > 1 and array.sizes["y"] > 1:
        x, y = np.asarray(array["x"], float), np.asarray(array["y"], float)
        for name, values in (("x", x), ("y", y)):
            gaps = np.diff(values)
            if not np.allclose(gaps, gaps[0], rtol=1e-4):
                raise ValueError(f"the coordinate '{name}' is not evenly spaced: a raster of floe is a regular grid")
        dx, dy = (x[-1] - x[0]) / (len(x) - 1), (y[-1] - y[0]) / (len(y) - 1)
        return wkt, (x[0] - dx / 2, dx, 0.0, y[0] - dy / 2, 0.0, dy)
    if "GeoTransform" in said:
        return wkt, tuple(map(float, str(said["GeoTransform"]).split()))
    return wkt, (0.0, 1.0, 0.0, float(array.sizes["y"]), 0.0, -1.0)


def write_raster(array, path):
    """A `DataArray` (y, x or band, y, x) or a NumPy array (the same; pixels of size 1 without a place) as a GeoTIFF."""
    if not hasattr(array, "dims"):
        array = from_array(array)
    if set(array.dims) == {"y", "x"}:
        array = array.expand_dims("band")
    if set(array.dims) != {"band", "y", "x"}:
        raise ValueError(f"a raster has the dimensions y and x, or band, y and x, not {', '.join(map(str, array.dims))}")
    array = array.transpose("band", "y", "x")
    wkt, transform = _place(array)
    pixels = np.asarray(array.values)
    if pixels.size == 0:
        raise ValueError(f"a raster has at least one band, row and column; the array's shape is {pixels.shape}")
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8)
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize == 8:
        if pixels.size and (pixels.min() < -2**31 or pixels.max() >= 2**31):
            raise ValueError("whole numbers beyond 32 bits do not fit into a raster of floe: convert them to float64")
        pixels = pixels.astype(np.int32)
    if pixels.dtype in (np.int8, np.float16):
        pixels = pixels.astype(np.int16 if pixels.dtype == np.int8 else np.float32)
    missing = array.attrs.get("_FillValue", array.encoding.get("_FillValue"))
    if missing is None and pixels.dtype.kind == "f":
        missing = np.nan
    names = [str(n) for n in array["band"].values] if "band" in array.coords else [f"band_{i + 1}" for i in range(len(pixels))]
    units = array.attrs.get("units", "")
    if pixels.dtype.name not in ("uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"):
        raise ValueError(f"a raster of floe holds whole numbers or floats, not {pixels.dtype}")
    try:
        from osgeo import gdal
    except ImportError:
        return _write_with_rasterio(path, pixels, wkt, transform, names, missing, units)
    types = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16, "int16": gdal.GDT_Int16, "uint32": gdal.GDT_UInt32,
             "int32": gdal.GDT_Int32, "float32": gdal.GDT_Float32, "float64": gdal.GDT_Float64}
    with gdal.ExceptionMgr(useExceptions=True) if hasattr(gdal, "ExceptionMgr") else _exceptions(gdal):
        data = gdal.GetDriverByName("GTiff").Create(
            str(path), pixels.shape[2], pixels.shape[1], pixels.shape[0], types[pixels.dtype.name], ["BIGTIFF=IF_SAFER"])
        data.SetGeoTransform(transform)
        if wkt:
            data.SetProjection(wkt)
        for i, name in enumerate(names):
            band = data.GetRasterBand(i + 1)
            band.WriteArray(pixels[i])
            band.SetDescription(name)
            band.SetUnitType(str(units))
            if missing is not None:
                band.SetNoDataValue(float(missing))
        band = None
        data = None
    return path


def _write_with_rasterio(path, pixels, wkt, transform, names, missing, units):
    try:
        import rasterio
    except ImportError:
        raise ImportError("rasters need GDAL's Python bindings (osgeo) or the package rasterio: pip install rasterio") from None
    with rasterio.open(
            path, "w", driver="GTiff", width=pixels.shape[2], height=pixels.shape[1], count=len(pixels), dtype=pixels.dtype.name,
            crs=wkt or None, transform=rasterio.Affine.from_gdal(*transform), nodata=missing, BIGTIFF="IF_SAFER") as data:
        data.write(pixels)
        data.descriptions = tuple(names)
        data.units = [str(units)] * len(names)
    return path


# Tables and the rest


def _engine():
    """What geopandas reads and writes files with: pyogrio, or fiona, which older versions bring (Debian 12)."""
    try:
        return _need("pyogrio", "GeoPackages")
    except ImportError:
        try:
            return _need("fiona", "GeoPackages")
        except ImportError:
            pass
        raise


def write_table(value, path, layer, index=None):
    """A GeoDataFrame, or a DataFrame, as a GeoPackage of a version that every GDAL since 3.0 knows.

    index: whether the index becomes a column; None for one that has a name, as in geopandas.
    """
    engine = _engine()
    options = {"dataset_options": {"VERSION": "1.2"}} if engine.__name__ == "pyogrio" else {"VERSION": "1.2"}
    if hasattr(value, "to_file"):
        value.to_file(path, driver="GPKG", layer=layer, engine=engine.__name__, index=index, **options)
    else:
        _need("pyogrio", "tables without geometry").write_dataframe(value, path, driver="GPKG", layer=layer, **options)


def read_tables(path):
    """A GeoPackage: one layer as a table, several as a dict. GeoDataFrame, or DataFrame where a layer has no geometry."""
    geopandas = _need("geopandas", "GeoPackages")
    engine = _engine()
    names = [name for name, _ in engine.list_layers(path)] if engine.__name__ == "pyogrio" else engine.listlayers(path)
    tables = {name: geopandas.read_file(path, layer=name, engine=engine.__name__) for name in names if name not in HELPERS}
    return next(iter(tables.values())) if len(tables) == 1 else tables


def read_csv(path):
    return _need("pandas", "CSV tables").read_csv(path)


def read_netcdf(path):
    """Into memory, so that the file may go."""
    xarray = _need("xarray", "netCDF tables")
    with xarray.open_dataset(path) as data:
        return data.load()


def is_in_memory(value):
    """Whether a value is data rather than a path: an array, an xarray object, a table."""
    if isinstance(value, (str, os.PathLike)):
        return False
    return isinstance(value, np.ndarray) or all(hasattr(value, a) for a in ("dims", "coords")) or (
        hasattr(value, "columns") and hasattr(value, "iloc"))


def write(value, stem):
    """Data in memory as a file whose name begins with `stem`; returns the path."""
    if isinstance(value, dict):
        path = pathlib.Path(f"{stem}.json")
        path.write_text(json.dumps(value), encoding="utf-8")
        return path
    if hasattr(value, "data_vars"):
        path = pathlib.Path(f"{stem}.nc")
        value.to_netcdf(path)
        return path
    if isinstance(value, np.ndarray) or hasattr(value, "dims"):
        return pathlib.Path(write_raster(value, f"{stem}.tif"))
    if hasattr(value, "geometry") and hasattr(value, "to_file"):
        path = pathlib.Path(f"{stem}.gpkg")
        write_table(value, path, pathlib.Path(stem).name)
        return path
    if hasattr(value, "to_csv"):
        path = pathlib.Path(f"{stem}.csv")
        value.to_csv(path, index=False)
        return path
    raise TypeError(f"a step takes paths, arrays, xarray objects, tables and other steps, not {type(value).__name__}")
