"""sol/ of an Italian package: the official solution and the others, with what their authors say of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from judge.packages.bundle import Bundle
from judge.packages.cms_programs import read_submission
from judge.packages.roots import natural_key
from judge.problem import Program

SOLUTIONS = ("solution", "soluzione")
_NOT_SUBMISSIONS = ("grader", "stub", "template")
_CHECK = re.compile(rb"@check-([a-z-]+)\s*:([^\n]*)")


def read_solution(bundle: Bundle, slug: str) -> Program | None:
    """The official solution, in the first language of those it is there in."""
    programs = [
        program for program in read_submissions(bundle, slug, subtasks=()) if Path(program.name).stem in SOLUTIONS
    ]
    return min(programs, key=lambda program: (program.language == "", program.name), default=None)


def read_submissions(bundle: Bundle, slug: str, *, subtasks: Sequence[str]) -> tuple[Program, ...]:
    """Every program of sol/ but graders and stubs. What one is expected to get: full score for the official solution,
    else what its @check comments say of these subtasks."""
    folder = bundle.root / "sol"
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(bundle.children(folder), key=lambda path: natural_key(path.name)):
        if not path.is_file() or path.stem in _NOT_SUBMISSIONS or path.suffix in ("", ".h", ".hpp", ".o"):
            continue
        file = _linked(bundle, path)
        is_official = path.stem in SOLUTIONS
        program = read_submission(bundle, file, "model_solution" if is_official else "", slug)
        expected = program.expected or _annotated(bundle.real(file).read_bytes(), subtasks)
        found.append(replace(program, name=path.relative_to(bundle.root).as_posix(), expected=expected))
    return tuple(found)


def _linked(bundle: Bundle, path: Path) -> Path:
    """Where a file leads that holds nothing but the name of another one beside it: a link saved as text."""
    text = bundle.real(path).read_bytes().strip() if path.stat().st_size < 256 else b""
    if len(text.split()) != 1 or b"/" in text or b"\0" in text:
        return path
    target = path.parent / text.decode("utf-8", "replace")
    return target if target.suffix == path.suffix and target.is_file() else path


def _annotated(source: bytes, subtasks: Sequence[str]) -> str:
    """What task-maker's @check comments say the program gets: `@check-accepted: subtask ...` and the like."""
    checks = {kind.decode(): words.decode("utf-8", "replace").split() for kind, words in _CHECK.findall(source)}
    if not checks:
        return ""
    accepted = checks.get("accepted", [])
    if set(subtasks) <= set(accepted) or "*" in accepted:
        return "accepted"
    return "partially_accepted" if accepted else "rejected"
