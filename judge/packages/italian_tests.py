"""The tests of an Italian package: those of input/ and output/ where all are there, else how each is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from judge.errors import PackageError
from judge.package import TestRecipe
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part
from judge.packages.cms_programs import find_program
from judge.packages.italian_cases import read_cases
from judge.packages.italian_gen import Line, odd_lines, read_gen, test_name
from judge.problem import Aggregation, File, Program, Testcase
from judge.validating import INPUT

_INPUT = re.compile(r"input\d+\.txt")


@dataclass(frozen=True)
class Found:
    """The tests, the subtasks, how tests that are not there are made, and the programs that check inputs. `listed`:
    what the subtasks of gen/GEN are worth together, None where it has none."""

    tests: list[Testcase]
    parts: list[Part]
    recipes: list[TestRecipe]
    validators: tuple[Program, ...]
    listed: float | None = None


def read_tests(bundle: Bundle, name: str, warnings: list[str], *, total: float, has_answers: bool) -> Found:
    """The tests of the task `name`, which are worth `total` points where there are no subtasks. Raises PackageError."""
    return _Reader(bundle, name, warnings, has_answers=has_answers).found(total)


@dataclass
class _Reader:
    bundle: Bundle
    name: str
    warnings: list[str]
    has_answers: bool
    #: The first test of input/ that is not there, although later ones are.
    gap: Path | None = None

    def found(self, total: float) -> Found:
        """All of them."""
        folder = self.bundle.root / "gen"
        made = self._made_tests()
        listed = None
        if (cases := folder / "cases.gen").is_file():
            lines, parts, validators = read_cases(self.bundle, cases)
        else:
            lines, parts = read_gen(self.bundle, gen) if (gen := folder / "GEN").is_file() else ([], [])
            listed = sum(part.points for part in parts) if parts else None
            parts = [replace(part, validator_args=_validator_args(place)) for place, part in enumerate(parts, start=1)]
            validators = tuple(filter(None, [find_program(self.bundle, ("gen",), ("validator", "valida"))]))
            self.warnings += odd_lines(self.bundle, gen) if lines else []
        if not lines:
            self._require(made)
        is_made = len(made) == len(lines) or not lines
        tests = made if is_made else [self._test(place, line) for place, line in enumerate(lines)]
        parts = parts or [_whole(tests, total)]
        recipes = _answer_recipes(made) if is_made else self._recipes(lines, parts)
        return Found(tests, parts, recipes, validators, listed)

    def _require(self, made: list[Testcase]) -> None:
        """Raises PackageError for tests that no list names, where they have a gap or are none."""
        if self.gap:
            raise self.bundle.error(self.gap, "is missing: the tests are numbered from 0, without a gap")
        if not made:
            raise PackageError(self.name, "holds no tests: neither gen/GEN nor input/input0.txt")

    def _made_tests(self) -> list[Testcase]:
        """Those of input/ and output/, numbered from 0; an answer that is missing is made."""
        tests: list[Testcase] = []
        folder = self.bundle.root / "input"
        inputs = {path.name: path for path in self.bundle.children(folder)} if folder.is_dir() else {}
        while given := inputs.get(f"input{len(tests)}.txt"):
            place = len(tests)
            answer = self.bundle.root / "output" / f"output{place}.txt"
            expected = self.bundle.file(answer) if answer.is_file() else _to_be_made(f"output/{answer.name}")
            tests.append(Testcase(test_name(place), self.bundle.file(given), expected if self.has_answers else None))
        if len(tests) < sum(_INPUT.fullmatch(name) is not None for name in inputs):
            self.gap = folder / f"input{len(tests)}.txt"
        return tests

    def _test(self, place: int, line: Line) -> Testcase:
        given = self.bundle.file(line.copy) if line.copy else _to_be_made(f"input/input{place}.txt")
        answer = _to_be_made(f"output/output{place}.txt") if self.has_answers else None
        return Testcase(test_name(place), given, answer)

    def _recipes(self, lines: list[Line], parts: list[Part]) -> list[TestRecipe]:
        common = None
        if not all(line.copy or line.generator for line in lines):
            common = find_program(self.bundle, ("gen",), ("generator", "generatore"))
            if common is None:
                raise self.bundle.error(
                    self.bundle.root / "gen", "holds no generator.* (or generatore.*) for the tests"
                )
        return [
            TestRecipe(
                test_name(place),
                None if line.copy else line.generator or common,
                line.args,
                validator_args=_validator_args(line.subtask),
                validator_calls=parts[line.subtask - 1].validator_calls,
            )
            for place, line in enumerate(lines)
        ]


def _whole(tests: list[Testcase], total: float) -> Part:
    """What there is where no list says which subtasks there are."""
    names = tuple(test.name for test in tests)
    return Part("all", "all", total, names, Aggregation.SUM, validator_args=_validator_args(1))


def _validator_args(subtask: int) -> tuple[str, ...]:
    """A validator is told the file and the subtask, from 1."""
    return INPUT, str(subtask)


def _to_be_made(name: str) -> File:
    return File(name, "", 0)


def _answer_recipes(tests: list[Testcase]) -> list[TestRecipe]:
    """For tests that have their input and lack their answer."""
    return [TestRecipe(test.name) for test in tests if test.answer is not None and not test.answer.digest]
