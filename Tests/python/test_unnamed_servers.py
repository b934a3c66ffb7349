"""Files that name servers reach none: mosaics, layers, tile services; an input that is named on the network is reached."""
import socket
import threading

import pytest

from refusals import READINGS, refused


@pytest.fixture
def server():
    """A port of this machine, and what was asked of it."""
    asked = []
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)

    def answer():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            asked.append(connection.recv(200))
            connection.close()

    threading.Thread(target=answer, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    listener.close()


MOSAIC = """<VRTDataset rasterXSize="10" rasterYSize="10"><SRS>EPSG:32601</SRS><GeoTransform>0,10,0,0,0,-10</GeoTransform>
<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>NAME</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""
TILES = """<GDAL_WMS><Service name="TMS"><ServerUrl>NAME/${z}/${x}/${y}</ServerUrl></Service><DataWindow><UpperLeftX>0</UpperLeftX>
<UpperLeftY>100</UpperLeftY><LowerRightX>100</LowerRightX><LowerRightY>0</LowerRightY><SizeX>10</SizeX><SizeY>10</SizeY></DataWindow><BandsCount>1</BandsCount></GDAL_WMS>"""
LAYER = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>NAME</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("way", ["/vsicurl/{}/a.tif", "/vsicurl_streaming/{}/a.tif", "{}/a.tif"])
def test_a_mosaic_reaches_no_server(tmp_path, server, way):
    url, asked = server
    (tmp_path / "scene.tif").write_text(MOSAIC.replace("NAME", way.format(url)))
    refused(tmp_path, READINGS[0][0].replace("IN", "scene.tif"), "o.tif: s.image")
    assert not asked


def test_layers_and_tile_services_reach_no_server(tmp_path, server):
    url, asked = server
    (tmp_path / "tiles.tif").write_text(TILES.replace("NAME", url))
    refused(tmp_path, READINGS[0][0].replace("IN", "tiles.tif"), "o.tif: s.image")
    for way in ("/vsicurl/{}/a.gpkg", "{}/a.geojson"):
        (tmp_path / "land.gpkg").write_text(LAYER.replace("NAME", way.format(url)))
        said = refused(tmp_path, READINGS[1][0].replace("IN", "land.gpkg"), "o.csv: s.table")
        assert "network" in said
    assert not asked


def test_an_input_that_is_named_on_the_network_is_reached(tmp_path, server):
    url, asked = server
    refused(tmp_path, f"{{ use: raster.read, with: {{ files: ['/vsicurl/{url}/a.tif'] }} }}", "o.tif: s.image")
    assert asked
