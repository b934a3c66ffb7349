"""What goes wrong, as exceptions."""
from __future__ import annotations

import dataclasses


class FloeError(Exception):
    """Anything that floe refuses or that fails."""


class ProgramNotFound(FloeError):
    """The program floe is not installed where this package looks."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """One mistake in a request.

    `file` and `line` tell where: the pipeline file, or the Python file and line that called the step; None where there is no place.
    """

    message: str
    file: str | None = None
    line: int | None = None

    def __str__(self):
        place = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return place + self.message


class RequestError(FloeError, ValueError):
    """The request was wrong, nothing was computed. `problems` holds every mistake, each with file and line."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class RunError(FloeError, RuntimeError):
    """The run failed; it left no outputs."""


class FloeWarning(UserWarning):
    """What a step warns of."""
