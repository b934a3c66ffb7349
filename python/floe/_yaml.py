"""Values as YAML that floe reads: flow style, one step a line, so that a line of a problem is a step."""
from __future__ import annotations

import json
import numbers
import os
import re

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
RESERVED = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}


def text(value):
    """A value as one line of YAML. `None` has none: leave it out before."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        # As Python prints it: the shortest text that reads back as the same number.
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(float(value)), repr(float(value)))
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        if PLAIN.match(value) and value.lower() not in RESERVED:
            return value
        # JSON's strings are YAML's, once characters beyond ASCII stand for themselves.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{text(str(k))}: {text(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, (list, tuple, set, range)) or (hasattr(value, "tolist") and hasattr(value, "ndim")):
        return "[" + ", ".join(text(v) for v in (value.tolist() if hasattr(value, "tolist") else value)) + "]"
    raise TypeError(f"a parameter takes text, numbers, lists and dicts, not {type(value).__name__}: {value!r}")


class Raw(str):
    """Text that stands as it is, such as `$scene`."""
