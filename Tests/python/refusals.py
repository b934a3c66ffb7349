"""What floe says of a pipeline that it refuses, and one pipeline for each way to read a file."""
from conftest import floe


def refused(tmp_path, steps, output, timeout=60):
    """The sentence with which a pipeline is refused or fails."""
    (tmp_path / "p.yaml").write_text(f"floe: 1\nsteps: {{ s: {steps} }}\noutputs: {{ {output} }}\n")
    done = floe("run", "p.yaml", "-o", "out", "--quiet", expect=None, timeout=timeout, cwd=tmp_path)
    assert done.status in (1, 2), done.err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True
    return done.err


READINGS = [
    ("{ use: raster.read, with: { files: [IN] } }", "o.tif: s.image"),
    ("{ use: table.read, with: { file: IN } }", "o.csv: s.table"),
    ("{ use: sentinel3.sral, with: { product: IN } }", "o.csv: s.track"),
    ("{ use: sentinel2.stack, with: { product: IN } }", "o.tif: s.image"),
]
