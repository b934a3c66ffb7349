"""Puts the tables of the last runs (results/*.md) into docs/performance.md, with the machine in words: python3 publish.py"""
import pathlib

from growth_page import machine

HERE = pathlib.Path(__file__).resolve().parent
PARTS = [
    ("bench", "Scenes", "`make bench`. Targets are what the project asks of itself: wall to decoding alone, and peak memory. Inertia is computed in double precision from each one's labels. "
     "scikit-learn's own stopping rule (1e-4 of the variance) leaves labels near the border unsettled; at floe's (1e-10) both rest."),
    ("altimetry", "Altimetry", "`make bench-altimetry`. The Python side is `Tests/python/course_altimetry.py`, which is leaner than the course notebook: its functions were timed at 0.83 ms "
     "a record (peakiness 0.07, Gaussian fit 0.52, alignment 0.24), or 10 s for 12 195 records."),
    ("colocation", "Colocation", "`make bench-colocation`."),
    ("remote", "A scene in an object store", "`make bench-remote`: the same scene by `s3://`, from a server on the same machine that waits before each answer, and on the disk."),
    ("decoders", "Decoders of JPEG 2000", "`python3 Benchmarks/decoders.py`, on one band of a made product on two cores. OpenJPEG is what GDAL has in Debian; Grok is AGPL and no part of floe."),
]


def main():
    text = ["# Performance", "",
            f"Measured on {machine()}. Seconds depend on the machine; read the ratios. `Benchmarks/README.md` tells how each is measured, `growth.md` how cost grows."]
    for name, title, words in PARTS:
        file = HERE / f"results/{name}.md"
        if file.exists():
            text += ["", f"## {title}", "", words, "", file.read_text().strip()]
        else:
            print(f"{name}: skipped, {file.name} is not there")
    (HERE.parent / "docs/performance.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
