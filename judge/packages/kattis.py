"""Kattis problem packages, the legacy format and 2023-07 (also as 2023-07-draft and 2025-09): problem.yaml and all.

Read from a folder that is a package or holds packages at any depth. What the format leaves open, or this judge does
differently, is decided here:

* A scoring problem's subtasks are the groups below data/secret, in natural order of their names; a pass-fail problem,
  or one without groups, is one subtask of all tests, samples first, worth 1 point (or the range data/secret states).
* A group's points are what it states itself: the upper end of `range`, else `accept_score`, or an `accept_score`
  inherited from data/secret or data. Stating none is an error; 0 is allowed.
* `on_reject: break` holds between subtasks only where data/secret or data says so itself, not by default: each
  subtask is a result of its own.
* A test with flags of its own (TEST.yaml) makes every test of its group one by itself. A program in a language that
  `languages` does not name, or longer than `limits: code`, is not judged (SK, score 0). Static validators, arguments of
  programs and files beside a test are not done here: such a problem cannot be judged.
* Output is limited to 8 MiB where nothing is said, as the specifications have it.
* Time limits: `limits: time_limit`, a `.timelimit` file or domjudge-problem.ini; else measured by the package's rule.

Sources: the legacy and 2023-07 specifications of the Kattis problem package format; problemtools for what they leave
open.
"""

from __future__ import annotations

import re
from pathlib import Path

from judge.errors import PackageError
from judge.package import Package
from judge.packages import kattis_data, kattis_programs, kattis_submissions
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import Header, read_header
from judge.packages.options import ReadOptions
from judge.packages.statements import read_statement
from judge.problem import Checker, Problem, Program, Statement, TaskType

NAME = "kattis"
HEADER = "problem.yaml"
#: What the specifications call the typical default of a judge.
OUTPUT_MIB = 8
_STATEMENT = re.compile(r"problem(?:\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*))?\.(tex|md|html|pdf)")
_STATEMENT_FORMATS = {"tex": "latex", "md": "markdown", "html": "html", "pdf": "pdf"}
_PROBLEM_NAME = re.compile(r"\\problemname\{((?:[^{}]|\{[^{}]*\})*)\}")


def recognises(path: Path) -> bool:
    """True for a folder with a problem.yaml at its top or at any depth below."""
    return path.is_dir() and bool(_roots(path))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every package at or below `path`, by path. Raises PackageError where there is none or one cannot be read."""
    if not path.is_dir():
        raise PackageError(path.name, "is no Kattis package: neither a folder nor a zip of one")
    roots = _roots(path)
    if not roots:
        raise PackageError(options.name, f"is no Kattis package: it holds no {HEADER}")
    packages: list[Package] = []
    seen: dict[str, Path] = {}
    for root in roots:
        slug = _slug(options.name if root == path else root.name)
        if slug in seen:
            raise PackageError(root.relative_to(path).as_posix(), f'a second problem is called "{slug}"')
        seen[slug] = root
        packages.append(_read_package(Bundle(root, top=path), slug))
    return tuple(packages)


def _roots(path: Path) -> list[Path]:
    """Folders with a problem.yaml, not looking into one that has it, nor through links."""
    if (path / HEADER).is_file():
        return [path]
    found: list[Path] = []
    for child in sorted(path.iterdir()):
        if child.is_dir() and not child.is_symlink() and not child.name.startswith((".", "__")):
            found += _roots(child)
    return found


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.").lower() or "problem"


def _read_package(bundle: Bundle, slug: str) -> Package:
    header = read_header(bundle, bundle.root / HEADER)
    warnings: list[str] = list(header.warnings)
    data = kattis_data.read_tests(bundle, header)
    warnings += data.warnings
    programs = kattis_programs.read_programs(bundle, header)
    warnings += programs.warnings
    submissions, said = kattis_submissions.read_submissions(bundle, data.subtasks, any_file=header.is_output_only)
    warnings += said
    validator = programs.output_validator
    interactor = validator if header.is_interactive else None
    problem = Problem(
        slug=slug,
        title=header.title or _title(bundle) or slug,
        task_type=_task_type(header, bool(programs.include)),
        format=NAME,
        testcases=data.testcases,
        root=data.root,
        subtasks=data.subtasks,
        checker=_checker(header, None if header.is_interactive else validator, programs.convention),
        interactor=interactor,
        grader=programs.grader,
        include=programs.include,
        statements=_statements(bundle),
        generators=programs.generators,
        validators=programs.input_validators,
        submissions=submissions,
        source=header.source,
        license=header.license,
        unjudgeable=header.unjudgeable or data.unjudgeable or programs.unjudgeable,
        passes=header.passes,
        languages=header.languages,
        code_kib=header.code_kib,
    )
    warnings += kattis_submissions.idle_rules(submissions, problem)
    return Package(
        problem=problem,
        locations=dict(bundle.locations),
        time_limit_s=header.time_limit_s,
        memory_limit_mib=header.memory_limit_mib,
        output_limit_mib=header.output_limit_mib or OUTPUT_MIB,
        time_rule=header.time_rule,
        warnings=tuple(warnings),
    )


def _task_type(header: Header, has_include: bool) -> TaskType:
    if header.is_interactive:
        return TaskType.INTERACTIVE
    if header.is_output_only:
        return TaskType.OUTPUT_ONLY
    return TaskType.BATCH_GRADER if has_include else TaskType.BATCH


def _checker(header: Header, program: Program | None, convention: str) -> Checker:
    return Checker(program, header.validator_flags, convention, header.gives_score)


def _statement_files(bundle: Bundle) -> list[tuple[str, str, Path]]:
    found = []
    for folder in ("statement", "problem_statement"):
        if (bundle.root / folder).is_dir():
            for path in bundle.children(bundle.root / folder):
                match = _STATEMENT.fullmatch(path.name)
                if match:
                    found.append((match[1] or "en", _STATEMENT_FORMATS[match[2]], path))
    return sorted(found, key=lambda item: (item[0] != "en", item[0], item[2].name))


def _statements(bundle: Bundle) -> tuple[Statement, ...]:
    return tuple(
        read_statement(bundle, language, format_, path) for language, format_, path in _statement_files(bundle)
    )


def _title(bundle: Bundle) -> str:
    """The \\problemname of the first statement that has one: where legacy packages keep their title."""
    for _, format_, path in _statement_files(bundle):
        if format_ == "latex":
            match = _PROBLEM_NAME.search(bundle.text(path))
            if match:
                return " ".join(match[1].split())
    return ""
