"""What holds for all JSON of floe's: names in snake_case, times as ISO 8601 in UTC with Z."""
import re

NAME = re.compile(r"[a-z][a-z0-9_]*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TIME_LIKE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d.*")
TIMES = {"time", "started", "ended", "datetime", "start", "end", "start_datetime", "end_datetime", "created", "updated"}

# Under these names stand names that are data: of steps and ports, parameters and settings, files, libraries, classes and bands.
DATA = {
    "results": "steps", "without_key": "steps", "in": "ports", "with": "parameters", "with_text": "parameters", "values": "parameters",
    "settings": "inputs of a pipeline", "pipeline_parts": "files", "libraries": "libraries", "software": "programs",
    "classes": "classes", "evidence": "classes", "tests": "classes", "mean_echo_peak": "classes", "classes_with_unclassified_as_missed": "classes",
    "centre": "bands", "standard_deviation": "bands", "openness": "bands", "dark_end": "bands", "dark_level": "bands", "ice_level": "bands",
}
# What users wrote themselves is neither searched for times.
OWN_WORDS = {"with", "with_text", "settings", "pipeline_text", "pipeline_parts"}
# A standard's own words: STAC's properties of extensions, PROV's and Chrome's traces are not walked.
PREFIXED = re.compile(r"[a-z]+:[a-z0-9_]+")


def mistakes(value, where="$", standard=False, inside=None):
    """Names that are not in snake_case and times that are not ISO 8601 in UTC, with where they stand.

    `standard` allows the prefixed names of STAC's extensions.
    """
    found = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if inside not in DATA and not NAME.fullmatch(key) and not (standard and PREFIXED.fullmatch(key)):
                found.append(f"{where}: the name '{key}'")
            if key in OWN_WORDS:
                continue
            if key in TIMES and isinstance(inner, str):
                if not TIME.fullmatch(inner):
                    found.append(f"{where}.{key}: the time '{inner}'")
                continue
            # A class may be called as a member is: what stands under data is named by floe again.
            found += mistakes(inner, f"{where}.{key}", standard, None if inside in DATA else key)
    elif isinstance(value, list):
        for inner in value:
            found += mistakes(inner, f"{where}[]", standard, None)
    elif isinstance(value, str) and TIME_LIKE.fullmatch(value) and not TIME.fullmatch(value):
        found.append(f"{where}: the time '{value}'")
    return found
