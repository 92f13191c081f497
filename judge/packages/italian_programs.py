"""sol/ of an Italian package: the official solution and the others, with what their authors say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part
from judge.packages.cms_programs import read_submission
from judge.packages.italian_checks import is_accepted, read_checks
from judge.packages.roots import natural_key
from judge.problem import Program

SOLUTIONS = ("solution", "soluzione")
_NOT_SUBMISSIONS = ("grader", "stub", "template")


def official(submissions: Sequence[Program]) -> Program | None:
    """The official solution, in the first language of those it is there in."""
    programs = [program for program in submissions if Path(program.name).stem in SOLUTIONS]
    return min(programs, key=lambda program: (program.language == "", program.name), default=None)


def read_submissions(bundle: Bundle, slug: str, parts: Sequence[Part], warnings: list[str]) -> tuple[Program, ...]:
    """Every program of sol/ but graders and stubs. What one is expected to get: full score for the official solution,
    and what its @check comments say of these subtasks."""
    folder = bundle.root / "sol"
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(bundle.children(folder), key=lambda path: natural_key(path.name)):
        if not path.is_file() or path.stem in _NOT_SUBMISSIONS or path.suffix in ("", ".h", ".hpp", ".o"):
            continue
        file, name = _linked(bundle, path), path.relative_to(bundle.root).as_posix()
        program = read_submission(bundle, file, "model_solution" if path.stem in SOLUTIONS else "", slug)
        source = bundle.real(file).read_bytes().decode("utf-8", "replace")
        rules = read_checks(source, name, parts, warnings)
        expected = program.expected or ("accepted" if is_accepted(rules, parts) else "")
        found.append(replace(program, name=name, expected=expected, expectations=rules))
    return tuple(found)


def _linked(bundle: Bundle, path: Path) -> Path:
    """Where a file leads that holds nothing but the name of another one beside it: a link saved as text."""
    text = bundle.real(path).read_bytes().strip() if path.stat().st_size < 256 else b""
    if len(text.split()) != 1 or b"/" in text or b"\0" in text:
        return path
    target = path.parent / text.decode("utf-8", "replace")
    return target if target.suffix == path.suffix and target.is_file() else path
