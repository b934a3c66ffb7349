# make demo   installs what is needed, builds, runs the main job on a made scene, says where the results are
# make test   installs what tests need, builds, runs them all
# make format  swift-format over all Swift files; make format-check names those that are not in its form
# make test-asan, test-tsan, coverage  the Swift tests under a sanitizer, or with coverage
# make fuzz COUNT=3000  that many damaged inputs of each reader, judged by other programs (docs/reliability.md); READER="CSV" takes one
# make crash COUNT=40  runs that are killed, starved or lied to by the disk; that many of each kind
# make test-batch COUNT=1000 KILLS=10  a season of small scenes in one batch, one of them poisoned, killed now and then (docs/batch.md)
# make test-cache EDITS=200  that many random edits of pipelines, each run with and without a cache
# make test-remote COUNT=100  that many runs on a server on loopback that fails at random (docs/reliability.md)
# make test-scale  1000 scenes on Toil and a Slurm of one node (examples/scale); SCALE_SCENES=40 SCALE_CHUNKS=4 makes it smaller
# make bench  floe beside its peers on the same work (Benchmarks/README.md)
# make install PREFIX=/usr/local   puts floe, its plugins and Swift's runtime under a prefix
# make uninstall PREFIX=/usr/local   takes them away again
# make deb, make tarball   a Debian package, or an archive that runs from any place, with every library that floe needs, into dist/
# make trixie   builds and tests in a folder with Debian 13
# make wheel  the Python package, into dist/
# make lock-python  the tests' Python packages anew, with versions, from requirements.in
# make docs   renders docs/steps from the steps' declarations
# make performance  puts the last runs' tables into docs/performance.md
# make bench-check  kernels beside a plain loop; fails above a limit
# make bench-altimetry  a track of 60 000 records beside Python functions
# make growth  time and memory against pixels, bands, clusters, workers and the memory cap, into docs/growth.md
# make bench-remote  a full tile in an object store on loopback, 30 ms before each answer, beside the same tile on the disk
# make bench-colocation  a million points on a full tile beside pyproj, rasterio, rasterstats and pyogrio
# make stamp  renews the digest by which plugins and kit recognise each other; after any change in Sources/FloeKit

SHELL := /bin/bash
.DEFAULT_GOAL := build
.PHONY: lock-python docc fuzz crash format format-check test-asan test-tsan coverage performance build demo test test-python bench bench-altimetry bench-colocation bench-check growth docs install uninstall deb tarball trixie wheel stamp packages test-packages digest test-batch test-cache test-scale test-remote bench-remote

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT_GET := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600

BUILD_PACKAGES := libgdal-dev libproj-dev libnetcdf-dev libfftw3-dev libcminpack-dev libsqlite3-dev libssl-dev pkg-config
# What draws the report's figures.
REPORT_PACKAGES := gnuplot-nox fonts-dejavu-core libjs-leaflet
INSTALL_PACKAGES := patchelf binutils perl
TEST_PACKAGES := patchelf gdal-bin python3-gdal python3-venv python3-numpy python3-qgis qgis-providers $(REPORT_PACKAGES) chromium tmux

FLOE := .build/release/floe
DEMO ?= demo
PREFIX ?= /usr/local
VENV := .venv
# Two processes, each with whole files, so that a file's fixtures are made once.
PYTEST = $(VENV)/bin/python -m pytest -q -n 2 --dist loadfile Tests/python
# The EOPF's wheel carries the schemas of STAC's extensions, by which items are judged; its own dependencies are not needed.
SCHEMA_PACKAGE := eopf==2.8.1
SCALE_PACKAGES := slurm-wlm munge
SCALE_SCENES ?= 1000
SCALE_CHUNKS ?= 40

# $(call install,packages): installs those that are missing; does nothing, without a network, when none is.
define install
	@missing=; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; $(APT_GET) update -q && $(APT_GET) install -y -q --no-install-recommends $$missing; fi
endef

packages:
	$(call install,$(BUILD_PACKAGES))

test-packages: packages
	$(call install,$(TEST_PACKAGES))

build: packages
	swift build -c release

demo: build
	$(call install,$(REPORT_PACKAGES))
	$(FLOE) demo $(DEMO)
	@echo; echo "read $(DEMO)/story/report.html; open $(DEMO)/results in QGIS; run it on your own scene with"
	@echo "  $(FLOE) run examples/ice-lead.yaml --set scene=YOUR.SAFE -o out"

# Tests use public interfaces only; with testable imports on, build and test would recompile everything for each other.
test: format-check test-packages build $(VENV)/done $(VENV)-toil/done
	swift test -c release --disable-testable-imports
	$(PYTEST)

# swift-format over all Swift files, and the check that CI runs.
format:
	swift format --in-place --parallel --configuration .swift-format $$(git ls-files '*.swift')

format-check:
	tools/format-check.sh

# The Swift tests under the address and the thread sanitizer, and with coverage; each in a build folder of its own.
# Leaks are not looked for: a Swift enum keeps its case in the pointer's spare bits, where LeakSanitizer does not find it.
test-asan test-tsan: test-packages
	ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp swift test -c release --disable-testable-imports --scratch-path .build-$(@:test-%=%) --sanitize=$(if $(filter %asan,$@),address,thread)

coverage: test-packages
	swift test --scratch-path .build-coverage --enable-code-coverage
	@swift test --scratch-path .build-coverage --show-codecov-path

# Seeded and bounded: the same SEED and COUNT give the same inputs. A short form of both runs in `make test`.
COUNT ?=
SEED ?= 1
fuzz: build $(VENV)/done
	cd Tests/python && ../../$(VENV)/bin/python -m fuzz --count $(or $(COUNT),3000) --seed $(SEED) $(if $(READER),--reader "$(READER)") --keep ../../.build/fuzz

crash: build $(VENV)/done
	cd Tests/python && ../../$(VENV)/bin/python -m crash --count $(or $(COUNT),40) --seed $(SEED)

KILLS ?= 10
EDITS ?= 200
test-batch: build $(VENV)/done
	$(VENV)/bin/python Tests/python/season.py --count $(or $(COUNT),1000) --kills $(KILLS) --seed $(SEED)

test-cache: build $(VENV)/done
	FLOE_CACHE_EDITS=$(EDITS) FLOE_CACHE_SEED=$(SEED) $(VENV)/bin/python -m pytest -q Tests/python/test_cache.py -k edits

test-remote: build $(VENV)/done
	cd Tests/python && ../../$(VENV)/bin/python -m distance --count $(or $(COUNT),100) --seed $(SEED) --keep ../../.build/distance

# An environment of its own: Toil pins what other tests want newer.
$(VENV)-toil/done: | test-packages
	/usr/bin/python3 -m venv --clear $(VENV)-toil
	$(VENV)-toil/bin/pip install -q --disable-pip-version-check "toil[cwl]>=9,<10"
	touch $@
test-scale: test-packages build $(VENV)/done $(VENV)-toil/done
	$(call install,$(SCALE_PACKAGES))
	FLOE_SCALE_SCENES=$(SCALE_SCENES) FLOE_SCALE_CHUNKS=$(SCALE_CHUNKS) FLOE_SCALE_SLURM=1 \
	  $(VENV)/bin/python -m pytest -q -s Tests/python/test_scale.py

test-python: build $(VENV)/done $(VENV)-toil/done
	$(PYTEST)

$(VENV)/done: Tests/python/requirements.txt | test-packages
	/usr/bin/python3 -m venv --clear --system-site-packages $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps -r Tests/python/requirements.txt
	$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps $(SCHEMA_PACKAGE)
	touch $@

# Anew when requirements.in has changed; uv resolves in seconds what pip searches for hours.
lock-python: $(VENV)/done
	$(VENV)/bin/pip install -q --disable-pip-version-check uv
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header Tests/python/requirements.in -o Tests/python/requirements.txt
	sed -i '1i # Resolved from requirements.in by `make lock-python`; every package with its version, so that installing never has to search.' Tests/python/requirements.txt

# GRASS and SAGA take part where they are installed.
bench: build $(VENV)/peers
	$(VENV)/bin/python Benchmarks/bench.py

$(VENV)/peers: Benchmarks/requirements.txt $(VENV)/done
	$(VENV)/bin/pip install -q --disable-pip-version-check -r Benchmarks/requirements.txt
	touch $@


install: build
	$(call install,$(INSTALL_PACKAGES))
	tools/install.sh $(PREFIX)

uninstall:
	tools/uninstall.sh $(PREFIX)

# Both bring GDAL, PROJ, Leaflet and the rest along, so that they run on Debian 12 and 13 alike.
deb tarball: build
	$(call install,$(INSTALL_PACKAGES) xz-utils libjs-leaflet)
	tools/package.sh $@

# Builds and tests floe on Debian 13, in a folder of its own.
trixie:
	tools/debian.sh trixie test

# Pure Python, and the same bytes from the same sources.
wheel: $(VENV)/done
	SOURCE_DATE_EPOCH=1735689600 $(VENV)/bin/pip wheel -q --no-deps --no-build-isolation --disable-pip-version-check -w dist ./python
	@ls dist/*.whl

# The bundled steps alone: no plugin of whoever runs this.
docs: build
	env -u FLOE_PLUGIN_PATH XDG_DATA_HOME=/nonexistent $(FLOE) steps --markdown docs/steps

bench-altimetry: build $(VENV)/done
	$(VENV)/bin/python Benchmarks/bench_altimetry.py

growth: build $(VENV)/done
	$(VENV)/bin/python Benchmarks/growth.py

performance:
	python3 Benchmarks/publish.py

# A place of its own: these packages want a newer numpy than Debian's GDAL bindings.
$(VENV)-bench/done: Benchmarks/requirements-colocation.txt
	/usr/bin/python3 -m venv --clear $(VENV)-bench
	$(VENV)-bench/bin/pip install -q --disable-pip-version-check -r Benchmarks/requirements-colocation.txt
	touch $@

bench-colocation: build $(VENV)-bench/done
	$(VENV)-bench/bin/python Benchmarks/bench_colocation.py

bench-remote: build $(VENV)/done
	$(VENV)/bin/python Benchmarks/remote.py

# Kernels beside a plain loop in the same run; fails when one of them takes more than its limit.
bench-check: packages
	FLOE_BENCH=1 swift build -c release --product kernel-bench
	.build/release/kernel-bench

# The digest of the kit's sources, the stamp's own header left out.
digest:
	@cd Sources/FloeKit && find . -name .build -prune -o -type f \( -name '*.swift' -o -name '*.h' -o -name '*.c' -o -name '*.modulemap' \) ! -name floe_stamp.h -print \
	  | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16

# The kit's reference as a web site in .build/docc, by the toolchain's DocC.
docc: build
	tools/docc.sh .build/docc

stamp: build
	@c=$$(tools/contract.sh) && sed -i "s/FLOE_KIT_CONTRACT \"[0-9a-f]*\"/FLOE_KIT_CONTRACT \"$$c\"/" Sources/FloeKit/Sources/CFloeStamp/include/floe_stamp.h && echo "contract $$c"
	@d=$$($(MAKE) -s digest) && sed -i "s/FLOE_KIT_DIGEST \"[0-9a-f]*\"/FLOE_KIT_DIGEST \"$$d\"/" Sources/FloeKit/Sources/CFloeStamp/include/floe_stamp.h && echo "digest $$d"
