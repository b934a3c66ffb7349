"""Every public name of the contract, the host and the test support says what it is."""
import re

import pytest
from conftest import ROOT

FOLDERS = ["FloeKit/Sources/FloeCore", "FloeKit/Sources/FloeSDK", "FloeHost", "FloeTestSupport/Sources"]
PUBLIC = re.compile(r"(?:@\w+(?:\([^)]*\))? )*public (?!extension|import)")
# What a type must have because of a protocol is described where the protocol is.
WITNESSES = re.compile(
    r"(static )?(mutating )?(var|let|func|init)\??\(?(from|stringLiteral|integerLiteral|floatLiteral|booleanLiteral|arrayLiteral|dictionaryLiteral|nilLiteral|literal|ports)\b"
    r"|init\(from |func (encode|enqueue|<|==|hash|read|bind|validate|log|record|dropped|progress|recognises|describe)\b|func < "
    r"|(static )?var (description|kinds|isOptional|acceptsMany|port|typeName|choices|absent|rangedNumbers|literal|isMaterialized|seams|readsBandsApart|pixelType|asDouble|asFloat|discussion|example|presets)\b"
    r"|init\?\((ports|stored)|static func pixelArray")


def undocumented(lines):
    for i, line in enumerate(lines):
        text = line.strip()
        if not PUBLIC.match(text) or WITNESSES.search(text.split("public ", 1)[1]):
            continue
        above = i - 1
        while lines[above].strip().startswith("@"):
            above -= 1
        if not lines[above].strip().startswith("///"):
            yield f"{i + 1}: {text}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_public_names_are_described(folder):
    files = sorted((ROOT / "Sources" / folder).rglob("*.swift"))
    assert files and not [f"{file.relative_to(ROOT)}:{place}" for file in files for place in undocumented(file.read_text().splitlines())]


def test_the_search_finds_what_lacks_a_description():
    lines = (ROOT / "Sources/FloeHost/ResourceDirectory.swift").read_text().splitlines()
    assert len(list(undocumented([line for line in lines if not line.strip().startswith("///")]))) > 5
