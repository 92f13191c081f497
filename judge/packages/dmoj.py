"""DMOJ problems: init.yml and all, from a folder that is one or holds some at any depth.

What the format leaves open, or this judge does differently, is decided here:

* Each batch with points is a subtask and scores what its worst test gets; single cases with points are one subtask
  together, in which each counts by itself. A subtask contains the batches it depends on. A problem whose points are all
  0 is one subtask worth 1 for passing all tests.
* A case or batch of 0 points (also every one of pretest_test_cases) has to pass, or nothing after it is run. With
  `short_circuit: true`, which DMOJ keeps in its database, this holds for every case and batch. No test is taken for a
  sample: the format does not say what contestants see.
* Time and memory limits, which DMOJ keeps in its database, are read where init.yml has `time_limit` (s) and
  `memory_limit` (KiB); else time is measured on the submissions of tests/*/test.yml.
* DMOJ's own checkers are compared as DMOJ does (see `judge.comparing`). A checker in Python is run where it imports
  nothing of DMOJ's judge but CheckerResult and the text helpers; it gets no submission source.
* A signature grader's files are compiled with the submission; the header is not put before it and its own main is not
  renamed, as DMOJ does both.
* What runs inside DMOJ's judge (custom_judge) cannot be judged here, and keys that are Python are refused.

Sources: DMOJ's documentation and judge, dmoj 4.1.0.
"""

from __future__ import annotations

from pathlib import Path

from judge.errors import PackageError
from judge.package import Package
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.dmoj_config import HEADER, Node, read_config
from judge.packages.dmoj_programs import Programs, convention_of
from judge.packages.dmoj_tests import read_tests
from judge.packages.options import ReadOptions
from judge.packages.roots import find_roots, slug_of
from judge.packages.statements import FORMATS, read_statement
from judge.problem import Checker, Problem, Statement, TaskType

NAME = "dmoj"
#: What DMOJ's judge lets a program print where init.yml says nothing.
_OUTPUT_MIB = 24


def recognises(path: Path) -> bool:
    """True for a folder with an init.yml at its top or at any depth below."""
    return bool(find_roots(path, _is_root))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem at or below `path`, by path. Raises PackageError where there is none or one cannot be read."""
    roots = find_roots(path, _is_root)
    if not roots:
        raise PackageError(options.name, f"is no DMOJ problem: it holds no {HEADER}")
    packages: dict[str, Package] = {}
    for root in roots:
        slug = slug_of(options.name if root == path else root.name)
        if slug in packages:
            raise PackageError(root.relative_to(path).as_posix(), f'a second problem is called "{slug}"')
        packages[slug] = _read_package(Bundle(root, top=path), slug, options.workspace)
    return tuple(packages.values())


def _is_root(folder: Path) -> bool:
    return (folder / HEADER).is_file()


def _read_package(bundle: Bundle, slug: str, workspace: Path) -> Package:
    config = read_config(bundle)
    programs = Programs(bundle, workspace)
    programs.warnings += known_keys.unknown(HEADER, config.values, known_keys.INIT)
    programs.warnings += known_keys.without_effect(HEADER, config.values, known_keys.INIT_UNUSED)
    if config.get("custom_judge"):
        programs.refuse("its tests are judged by a program inside DMOJ's judge (custom_judge)")
    tests = read_tests(bundle, config, programs, workspace)
    interactor, interaction = programs.interactor(config)
    include = programs.include(config)
    file_io = config.child("file_io", config.values.get("file_io") or {})
    problem = Problem(
        slug=slug,
        title=str(config.values.get("name") or slug),
        task_type=_task_type(interactor is not None, bool(include)),
        format=NAME,
        testcases=tests.testcases,
        root=tests.root,
        subtasks=tests.subtasks,
        # As in DMOJ an interactor alone decides.
        checker=_of_interactor(config) if interactor else programs.checker(),
        interactor=interactor,
        interaction=interaction,
        include=include,
        statements=_statements(bundle),
        submissions=programs.submissions(),
        unjudgeable=programs.unjudgeable,
        input_file=file_io.name("input"),
        output_file=file_io.name("output"),
    )
    return Package(
        problem=problem,
        locations=bundle.locations,
        time_limit_s=_limit(config, "time_limit", most=3600.0),
        memory_limit_mib=_mib(config, "memory_limit", 1 << 10),
        output_limit_mib=_mib(config, "output_limit_length", 1 << 20) or _OUTPUT_MIB,
        warnings=tuple(dict.fromkeys(programs.warnings)),
        recipes=tests.recipes,
    )


def _of_interactor(config: Node) -> Checker:
    """How what a testlib interactor says is read."""
    values = config.values["interactive"]
    return Checker(convention=convention_of("testlib", values), gives_score=True)


def _task_type(is_interactive: bool, has_include: bool) -> TaskType:
    if is_interactive:
        return TaskType.INTERACTIVE
    return TaskType.BATCH_GRADER if has_include else TaskType.BATCH


def _limit(config: Node, key: str, *, most: float) -> float | None:
    value = config.number(key)
    if value is not None and not 0 < value <= most:
        raise config.error(f'"{key}" is {value:g}, not above 0 and at most {most:g}')
    return value


def _mib(config: Node, key: str, unit: int) -> int | None:
    """A limit in MiB of which a MiB has `unit`."""
    value = _limit(config, key, most=float(unit << 20))
    return None if value is None else max(1, round(value / unit))


def _statements(bundle: Bundle) -> tuple[Statement, ...]:
    """statement.* or problem.* beside init.yml, in English: DMOJ keeps statements in its database."""
    paths = [bundle.root / f"{name}{suffix}" for name in ("statement", "problem") for suffix in FORMATS]
    return tuple(read_statement(bundle, "en", FORMATS[path.suffix], path) for path in paths if path.is_file())
