"""The reference submissions of a Kattis package, and its promises: folders, annotations, submissions.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.expectations import grades, is_about_nothing, pattern
from judge.languages import LANGUAGES, canonical
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.expectations import Annotations, read_annotations
from judge.packages.kattis_header import number, read_yaml, words
from judge.packages.kattis_programs import is_program, read_program
from judge.problem import Expectation, Problem, Program, Subtask

RULES = "submissions.yaml"
#: What folders promise in the formats that have a submissions.yaml, which may replace it: (permitted, required).
_DEFAULTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "accepted": (("AC",), ()),
    "rejected": ((), ("RTE", "TLE", "WA")),
    "wrong_answer": (("AC", "WA"), ("WA",)),
    "time_limit_exceeded": (("AC", "TLE"), ("TLE",)),
    "run_time_error": (("AC", "RTE"), ("RTE",)),
    "brute_force": (("AC", "RTE", "TLE"), ("RTE", "TLE")),
}
_VERDICTS = {"AC", "WA", "TLE", "RTE"}
_OF_PROGRAM = {"language", "entrypoint", "authors", "model_solution"}
_OF_TESTS = {"permitted", "required", "score", "message", "use_for_time_limit"}


def idle_rules(submissions: Sequence[Program], problem: Problem) -> list[str]:
    """A sentence for each name of tests in submissions.yaml that no test or group of the problem has."""
    idle = {rule.tests for program in submissions for rule in program.expectations if is_about_nothing(rule, problem)}
    return [
        f'{RULES}: no test or group is called "{name}", so what is said of it has no effect' for name in sorted(idle)
    ]


def read_submissions(
    bundle: Bundle, subtasks: Sequence[Subtask], *, any_file: bool = False
) -> tuple[tuple[Program, ...], list[str]]:
    """submissions/<expected verdict>/: each file and folder there, with its promises; and warnings.

    An @EXPECTED_RESULTS@ in a source counts instead of its folder. `any_file`: answers are submitted, not programs.
    Raises PackageError where submissions.yaml cannot be read.
    """
    folder = bundle.root / "submissions"
    if not folder.is_dir():
        return (), []
    rules = _Rules(bundle, folder / RULES)
    programs, warnings = [], []
    for path in _paths(bundle, folder, any_file=any_file):
        program = read_program(bundle, path, path.parent.name)
        annotations = _annotations(bundle, program)
        if annotations.grades and len(annotations.grades) != len(subtasks):
            warnings.append(
                f"{program.name}: its @EXPECTED_GRADES@ names {len(annotations.grades)} groups, "
                f"the problem has {len(subtasks)}: left aside"
            )
        programs.append(rules.applied(_annotated(program, annotations, subtasks), path.relative_to(folder).as_posix()))
    return tuple(programs), [*warnings, *rules.idle()]


def _paths(bundle: Bundle, folder: Path, *, any_file: bool) -> Iterator[Path]:
    for kind in bundle.children(folder):
        if kind.is_dir():
            yield from (child for child in bundle.children(kind) if child.is_dir() or any_file or is_program(child))


def _annotations(bundle: Bundle, program: Program) -> Annotations:
    found = (read_annotations(bundle.locations[file.digest].read_bytes()) for file in program.files)
    return next((annotations for annotations in found if annotations != Annotations()), Annotations())


def _annotated(program: Program, annotations: Annotations, subtasks: Sequence[Subtask]) -> Program:
    promised = grades(annotations.grades, subtasks)
    if annotations.score is not None:
        promised = (*promised, Expectation(score=annotations.score))
    expected = "|".join(annotations.results) or program.expected
    return replace(program, expected=expected, expectations=promised)


class _Rules:
    """A submissions.yaml, {} where there is none."""

    def __init__(self, bundle: Bundle, path: Path) -> None:
        self._bundle = bundle
        self._path = path
        self._rules = read_yaml(bundle, path) if path.is_file() else {}
        self._applied: set[str] = set()
        for glob, rule in self._rules.items():
            if not isinstance(rule, dict):
                raise bundle.error(path, f'"{glob}" is not a mapping')

    def idle(self) -> list[str]:
        """A sentence for what has no effect: globs that nothing matched, after all were applied, and known keys."""
        name = self._path.name
        idle = [glob for glob in self._rules if glob not in self._applied]
        said = [f'{name}: no submission is called "{glob}", so what is said of it has no effect' for glob in idle]
        marked = any(rule.get("model_solution") for rule in self._rules.values())
        return said + known_keys.ineffective(name, ["model_solution"] if marked else [])

    def applied(self, program: Program, name: str) -> Program:
        """The program with all that the rules whose globs match `name` (below submissions/) say of it."""
        folder = name.split("/")[0]
        for glob, rule in self._rules.items():
            if not (pattern(glob).fullmatch(name) or pattern(glob).fullmatch(folder)):
                continue
            self._applied.add(glob)
            whole = self._expectation(glob, "", {key: value for key, value in rule.items() if key in _OF_TESTS})
            if glob.strip("/") == folder and folder in _DEFAULTS:
                permitted, required = _DEFAULTS[folder]
                whole = replace(whole, permitted=whole.permitted or permitted, required=whole.required or required)
                if (whole.permitted, whole.required) != _DEFAULTS[folder] and program.expected == folder:
                    program = replace(program, expected="")
            found = [whole] + [
                self._expectation(glob, tests, value)
                for tests, value in rule.items()
                if tests not in _OF_TESTS | _OF_PROGRAM
            ]
            said = tuple(item for item in found if item != Expectation(item.tests))
            program = replace(program, expectations=(*program.expectations, *said))
            program = self._of_program(program, glob, rule)
        return program

    def _of_program(self, program: Program, glob: str, rule: Mapping[str, Any]) -> Program:
        if "language" in rule:
            slug = canonical(str(rule["language"])) or ""
            program = replace(program, language=slug)
        entry = rule.get("entrypoint")
        if isinstance(entry, str):
            known = LANGUAGES.get(program.language)
            names = (entry, entry + known.extension if known else entry)
            first = [file for file in program.files if file.name in names]
            if not first:
                raise self._bundle.error(self._path, f'"{glob}: entrypoint" is {entry!r}, no file of {program.name}')
            program = replace(program, files=(*first, *(file for file in program.files if file not in first)))
        return program

    def _expectation(self, glob: str, tests: str, rule: Any) -> Expectation:
        where = f"{glob}: {tests}" if tests else glob
        if tests and not (isinstance(rule, dict) and tests.split("/")[0] in ("sample", "secret", "*")):
            raise self._bundle.error(
                self._path, f'"{where}" is neither a known key nor rules for tests of sample or secret'
            )
        if unknown := sorted(set(rule) - _OF_TESTS):
            raise self._bundle.error(self._path, f'"{where}: {unknown[0]}" is no known key')
        message = rule.get("message") or ""
        return Expectation(
            tests=tests.strip("/"),
            permitted=self._verdicts(where, "permitted", rule),
            required=self._verdicts(where, "required", rule),
            score=self._score(where, rule.get("score")),
            message=str(message),
            bounds_time=self._bounds_time(where, rule.get("use_for_time_limit")),
        )

    def _bounds_time(self, where: str, value: Any) -> bool:
        """Whether the program must run within the limit, so that it counts where that is measured."""
        if value not in (None, True, False, "lower", "upper"):
            raise self._bundle.error(
                self._path, f'"{where}: use_for_time_limit" is {value!r}, neither false, lower nor upper'
            )
        return value not in (False, "upper")

    def _verdicts(self, where: str, key: str, rule: Mapping[str, Any]) -> tuple[str, ...]:
        verdicts = words(self._bundle, self._path, f"{where}: {key}", rule.get(key))
        if unknown := [word for word in verdicts if word not in _VERDICTS]:
            names = ", ".join(sorted(_VERDICTS))
            raise self._bundle.error(self._path, f'"{where}: {key}" has {unknown[0]!r}, none of {names}')
        return verdicts

    def _score(self, where: str, value: Any) -> tuple[float, float] | None:
        if value is None:
            return None
        bounds = value if isinstance(value, list) else [value, value]
        if len(bounds) != 2:
            raise self._bundle.error(self._path, f'"{where}: score" is {value!r}, neither a number nor two')
        low, high = (number(self._bundle, self._path, f"{where}: score", bound) for bound in bounds)
        if low > high:
            raise self._bundle.error(self._path, f'"{where}: score" is {value!r}: its first number is the larger one')
        return low, high
