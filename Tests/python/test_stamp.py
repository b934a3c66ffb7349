"""The digests by which plugins and kit recognise each other must follow the kit's contract and its sources."""
import re
import subprocess

from conftest import ROOT


def test_the_digest_is_that_of_the_kits_sources():
    digest = subprocess.run(["make", "-s", "digest"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    header = (ROOT / "Sources/FloeKit/Sources/CFloeStamp/include/floe_stamp.h").read_text()
    assert re.search(r'FLOE_KIT_DIGEST "([0-9a-f]+)"', header)[1] == digest, "run `make stamp` and commit the header"


def test_the_contract_is_that_of_the_kits_public_declarations():
    contract = subprocess.run([ROOT / "tools/contract.sh"], capture_output=True, text=True, check=True).stdout.strip()
    header = (ROOT / "Sources/FloeKit/Sources/CFloeStamp/include/floe_stamp.h").read_text()
    assert re.search(r'FLOE_KIT_CONTRACT "([0-9a-f]+)"', header)[1] == contract, "run `make stamp` and commit the header"
