"""solution/ of a TPS package, with what solutions.json says each program gets: a verdict, and `except` by subtask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, read_json
from judge.packages.cms_programs import read_submission
from judge.problem import Expectation, Program

_FULL = ("correct", "model_solution")
#: Which limit or check stops a program first depends on the machine: that one does is all the other verdicts say.
_STOPPED = ("WA", "TLE", "MLE", "OLE", "RE")
_VERDICTS = frozenset(
    (*_FULL, "partially_correct", "incorrect", "failed", "protocol_violation", "time_limit", "memory_limit")
    + ("runtime_error", "time_limit_and_runtime_error")
)


def read_solutions(
    bundle: Bundle, slug: str, parts: Sequence[Part], warnings: list[str]
) -> tuple[tuple[Program, ...], Program | None]:
    """The programs that solutions.json names, and the model solution, which makes the answers."""
    path, folder = bundle.root / "solutions.json", bundle.root / "solution"
    if not path.is_file() or not folder.is_dir():
        return (), None
    found: dict[str, Program] = {}
    model = None
    for name, value in read_json(bundle, path).items():
        if not isinstance(value, dict) or not isinstance(value.get("verdict"), str):
            raise bundle.error(path, f'"{name}" has no verdict')
        if not (folder / name).is_file():
            raise bundle.error(path, f'names the solution "{name}", which solution/ does not hold')
        warnings += known_keys.unknown(path.name, value, known_keys.TPS_SOLUTION)
        warnings += known_keys.unknown(path.name, [value["verdict"]], _VERDICTS, what="verdict")
        program = read_submission(bundle, folder / name, value["verdict"], slug)
        found[name] = _promised(bundle, path, program, value, parts, warnings)
        if value["verdict"] == "model_solution":
            model = model or name
    return tuple(found.values()), found[model] if model else None


def _promised(
    bundle: Bundle, path: Path, program: Program, value: Mapping[str, Any], parts: Sequence[Part], warnings: list[str]
) -> Program:
    """The program with its promises. Here, unlike in the exports' folders, "correct" means all of it, but for the
    subtasks excepted."""
    exceptions = value.get("except") or {}
    if not isinstance(exceptions, dict) or not all(isinstance(verdict, str) for verdict in exceptions.values()):
        raise bundle.error(path, f'"except" of "{Path(program.name).name}" is no object of verdicts by subtask')
    warnings += known_keys.unknown(path.name, exceptions, frozenset(part.name for part in parts), what="subtask")
    warnings += known_keys.unknown(path.name, exceptions.values(), _VERDICTS, what="verdict")
    if not exceptions:
        return replace(program, expected="accepted") if value["verdict"] == "correct" else program
    own = value["verdict"] if value["verdict"] in _FULL else ""
    rules = [_rule(part, exceptions.get(part.name, own)) for part in parts]
    return replace(
        program,
        expected=f"{program.expected}|partially_accepted".strip("|"),
        expectations=tuple(rule for rule in rules if rule is not None),
    )


def _rule(part: Part, verdict: str) -> Expectation | None:
    if verdict in _FULL:
        return Expectation(part.name, ("AC",), score=None if part.is_sample else (part.points, part.points))
    if verdict == "partially_correct":
        return Expectation(part.name, ("AC",), ("PA",))
    return Expectation(part.name, required=_STOPPED) if verdict in _VERDICTS else None
