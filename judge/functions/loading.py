"""A candidate's program in its own process: loaded after the problem's own imports, its functions found by name.

Runs inside the candidate's sandbox, without Podium.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, BinaryIO

SETTINGS = "function.json"


def take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """The process's standard input and output, as ours alone: the candidate's code reads nothing, and what it prints
    goes nowhere."""
    given = os.fdopen(os.dup(0), "rb")
    taken = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    return given, taken


def settings() -> dict[str, Any]:
    """What the problem says of itself: `entry_points` (names), `prelude` (Python that comes before the candidate)."""
    with open(os.path.join(_folder(), SETTINGS), encoding="utf-8") as file:
        return dict(json.load(file))


def load(prelude: str) -> ModuleType:
    """The candidate's program as a module called solution, run after `prelude` in the same names."""
    module = type(sys)("solution")
    sys.modules["solution"] = module
    path = _program()
    with open(path, "rb") as file:
        program = compile(file.read(), path, "exec")
    exec(compile(prelude, "prompt.py", "exec"), module.__dict__)  # noqa: S102 - in this sandbox, what it is for
    exec(program, module.__dict__)  # noqa: S102
    return module


def function(module: ModuleType, name: str) -> Callable[..., Any]:
    """The candidate's function of this name, or the method of its class Solution. Raises NameError."""
    found = getattr(module, name, None)
    if found is None and hasattr(module, "Solution"):
        found = getattr(module.Solution(), name, None)
    if found is None:
        raise NameError(f"the program defines no {name!r}")
    return found  # type: ignore[no-any-return]


def _folder() -> str:
    return os.path.dirname(os.path.abspath(sys.argv[0]))


def _program() -> str:
    """The candidate's file; of several the one called solution, else the first by name."""
    names = sorted(name for name in os.listdir(_folder()) if name.endswith(".py") and name != "main.py")
    return os.path.join(_folder(), "solution.py" if "solution.py" in names else names[0])
