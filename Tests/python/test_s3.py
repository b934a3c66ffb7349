"""Inputs by `s3://`: the same bytes as from the disk, and what a store lacks or refuses in a sentence."""
import pytest

from conftest import floe, read
from served import QUICK, digests, made, names, web  # noqa: F401


@pytest.fixture(scope="module")
def bucket(made):
    server = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    web = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    web.start()
    host, port = web.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "AKIAMADEUP1234567890", "AWS_SECRET_ACCESS_KEY": "madeupSecret1234567890abcd", "AWS_DEFAULT_REGION": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
                          aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])
    client.create_bucket(Bucket="eodata")
    safe, _ = names(made)
    for file in [made / "a.tif", *(made / safe).rglob("*")]:
        if file.is_file():
            client.upload_file(str(file), "eodata", str(file.relative_to(made)))
    yield {**QUICK, **keys, "AWS_S3_ENDPOINT": f"{host}:{port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_REGION": "us-east-1"}
    web.stop()


def test_raster_and_product_from_s3(made, bucket, tmp_path):
    safe, _ = names(made)
    for pipeline, name, there in (("copy.yaml", "image", "a.tif"), ("stack.yaml", "scene", safe)):
        floe("run", made / pipeline, "--set", f"{name}={made / there}", "-o", tmp_path / f"local-{name}", "--quiet")
        result = floe("run", made / pipeline, "--set", f"{name}=s3://eodata/{there}", "-o", tmp_path / name, env=bucket)
        assert "over the network in" in result.err + result.out
        files = list((tmp_path / f"local-{name}").glob("*.tif"))
        assert files
        for file in files:
            assert (read(file) == read(tmp_path / name / file.name)).all()
        assert bucket["AWS_SECRET_ACCESS_KEY"] not in (tmp_path / name / "run.json").read_text()
    assert digests(tmp_path / "local-image") == digests(tmp_path / "image")


def test_what_s3_lacks_or_refuses(made, bucket, tmp_path):
    result = floe("run", made / "copy.yaml", "--set", "image=s3://eodata/nothing.tif", "-o", tmp_path / "o", env=bucket, expect=2)
    assert "s3://eodata/nothing.tif" in result.err
    without = {k: v for k, v in bucket.items() if not k.startswith("AWS_") or k in ("AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING")}
    without["AWS_EC2_METADATA_DISABLED"] = "TRUE"
    result = floe("run", made / "copy.yaml", "--set", "image=s3://eodata/a.tif", "-o", tmp_path / "o", env=without, expect=2)
    assert "AWS_SECRET_ACCESS_KEY" in result.err
