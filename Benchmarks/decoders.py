"""Decoders of JPEG 2000 on one band of a made Sentinel-2 product: megapixels a CPU second, and the same pixels or not.

    python3 Benchmarks/decoders.py [PRODUCT]

Programs that are not installed are left out (Debian: libopenjp2-tools, grokj2k-tools, ffmpeg). The second part decodes the band with two
thirds of its square without data, as at the edge of a swath. Writes results/decoders.md.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from osgeo import gdal

from measure import timed

gdal.UseExceptions()
HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parent / ".build/release/floe"
ROUNDS = int(os.environ.get("ROUNDS", 3))
BAND = "B04"
READ = """floe: 1
inputs: { image: { type: path } }
steps: { read: { use: raster.read, with: { files: $image } } }
outputs: { band.tif: read.image }
"""
# The same file read by GDAL in a process of its own, on all cores, as decode.py does.
GDAL = [sys.executable, HERE / "decode.py", ""]


def programs(image, out):
    """Name, command, file that it writes."""
    yield "GDAL with OpenJPEG", [*GDAL, image], None
    for name, program, words in (
        ("OpenJPEG, opj_decompress", "opj_decompress", ["-i", image, "-o", out / "opj.tif", "-threads", os.cpu_count(), "-quiet"]),
        ("Grok, grk_decompress", "grk_decompress", ["-i", image, "-o", out / "grk.tif", "-H", os.cpu_count()]),
        ("FFmpeg's own jpeg2000", "ffmpeg", ["-v", "error", "-y", "-vcodec", "jpeg2000", "-i", image, "-f", "rawvideo", "-pix_fmt", "gray16le", out / "ffmpeg.raw"]),
    ):
        if shutil.which(program):
            yield name, [program, *words], words[3] if program != "ffmpeg" else words[-1]
        else:
            print(f"{name}: left out, {program} is not installed", flush=True)


def pixels(file, shape):
    if str(file).endswith(".raw"):
        return np.fromfile(file, "<u2").reshape(shape)
    return gdal.Open(str(file)).ReadAsArray()


def edge_of_swath(image, path):
    """The band with two thirds of the square without data, encoded as its product's bands are."""
    source = gdal.Open(str(image)).ReadAsArray()
    n = source.shape[0]
    # A slanting edge, as the satellite's track makes it.
    columns, rows = np.meshgrid(np.arange(n), np.arange(n))
    source[columns < n * 2 / 3 + (rows - n / 2) * 0.2] = 0
    memory = gdal.GetDriverByName("MEM").Create("", n, n, 1, gdal.GDT_UInt16)
    memory.GetRasterBand(1).WriteArray(source)
    gdal.GetDriverByName("JP2OpenJPEG").CreateCopy(
        str(path), memory, options=["CODEC=JP2", "QUALITY=100", "REVERSIBLE=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "RESOLUTIONS=6"])
    return float((source > 0).mean())


def main():
    work = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
    product = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else next(work.glob("products-*/*.SAFE"))
    image = next(product.glob(f"GRANULE/*/IMG_DATA/*_{BAND}.jp2"))
    lines = ["| decoder | wall s | CPU s | Mpx a CPU second | pixels |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        truth = gdal.Open(str(image)).ReadAsArray()
        for name, command, written in programs(image, out):
            figures = [timed([str(c) for c in command])[0] for _ in range(ROUNDS)]
            wall, cpu = (statistics.median(f[k] for f in figures) for k in ("wall", "cpu"))
            same = "" if written is None else "the same" if np.array_equal(pixels(written, truth.shape), truth) else "others"
            lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {truth.size / 1e6 / cpu:.2f} | {same} |")
            print(lines[-1], flush=True)
        wedge = out / "wedge.jp2"
        share = edge_of_swath(image, wedge)
        (out / "read.yaml").write_text(READ)
        lines += ["", f"The band with data on {share:.0%} of its square:", "", "| work | wall s, whole | wall s, edge | ratio | CPU s, whole | CPU s, edge | ratio |", "|---|---|---|---|---|---|---|"]
        for name, command in (("GDAL with OpenJPEG", lambda f: [*GDAL, f]),
                              ("floe, to GeoTIFF", lambda f: [FLOE, "run", out / "read.yaml", "--set", f"image={f}", "-o", out / "o", "--force", "--quiet"])):
            both = [[timed([str(c) for c in command(f)])[0] for _ in range(ROUNDS)] for f in (image, wedge)]
            w = [statistics.median(f["wall"] for f in part) for part in both]
            c = [statistics.median(f["cpu"] for f in part) for part in both]
            lines.append(f"| {name} | {w[0]:.2f} | {w[1]:.2f} | {w[1] / w[0]:.2f} | {c[0]:.2f} | {c[1]:.2f} | {c[1] / c[0]:.2f} |")
            print(lines[-1], flush=True)
    text = f"{image.name}: {truth.shape[1]} x {truth.shape[0]} pixels, lossless, tiles of 1024; median of {ROUNDS} runs.\n\n" + "\n".join(lines) + "\n"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/decoders.md").write_text(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
