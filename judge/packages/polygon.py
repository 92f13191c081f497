"""Polygon packages (polygon.codeforces.com): problem.xml and all, from "linux", "windows" and "standard" packages.

Read from a folder that is a package or holds packages at any depth, as contest packages do. What the format leaves
open, or this judge does differently, is decided here:

* The testset "tests" decides, else the first one. Tests that a standard package does not hold are made when it is
  imported: inputs by their commands, answers by the main solution (of an interactive problem: what the interactor
  leaves), and every input that is made is shown to the validators. Windows's line ends in tests become LF.
* Groups with points are subtasks; a subtask contains those that it depends on. complete-group: all
  or nothing, worth the group's points, else its tests' together; each-test: each test by itself. Groups worth nothing
  that hold only samples are no subtasks. Points without groups: one subtask of independent tests. No points: one
  subtask worth 1 for passing all tests, the groups' dependencies being of no consequence.
* Where tests have points, a checker's quitp gives points (or percent, where problem.xml says so); else a share.
* Of an interactive problem the interactor decides first, then the checker reads what the interactor left.
* A program is compiled with all headers in files/. Where it wants testlib.h and there is none, the package is refused.
* Statements are put together from statement-sections, beside the HTML and PDF that the package has.

Sources: packages of Polygon; testlib.h for how programs are called and answer.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from judge.errors import PackageError
from judge.package import Package
from judge.packages.bundle import Bundle
from judge.packages.options import ReadOptions
from judge.packages.polygon_programs import Programs
from judge.packages.polygon_statements import language_tag, read_statements
from judge.packages.polygon_tests import read_tests
from judge.packages.polygon_xml import HEADER, Description, read_description
from judge.packages.roots import find_roots, slug_of
from judge.problem import Problem, TaskType

NAME = "polygon"


def recognises(path: Path) -> bool:
    """True for a folder with a problem.xml of Polygon at its top or at any depth below."""
    return bool(find_roots(path, _is_root))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every package at or below `path`, by path. Raises PackageError where there is none or one cannot be read."""
    roots = find_roots(path, lambda folder: (folder / HEADER).is_file())
    if not roots:
        raise PackageError(options.name, f"is no Polygon package: it holds no {HEADER}")
    packages: dict[str, Package] = {}
    for root in roots:
        package = _read_package(Bundle(root, top=path), options.name if root == path else root.name, options.workspace)
        slug = package.problem.slug
        if slug in packages:
            raise PackageError(root.relative_to(path).as_posix(), f'a second problem is called "{slug}"')
        packages[slug] = package
    return tuple(packages.values())


def _is_root(folder: Path) -> bool:
    """Whether the folder's problem.xml speaks of a <judging>, which other systems' files of this name do not."""
    header = folder / HEADER
    if not header.is_file():
        return False
    with header.open("rb") as stream:
        return b"<problem" in stream.read(1 << 16)


def _read_package(bundle: Bundle, name: str, workspace: Path) -> Package:
    description = read_description(bundle)
    programs = Programs(bundle, description)
    tests = read_tests(bundle, description, programs.generator, workspace)
    checker = programs.checker()
    is_interactive = description.interactor is not None
    if tests.is_scored and (checker.program is not None or is_interactive):
        unit = "percent" if description.gives_percent else "points"
        checker = replace(checker, convention=f"testlib-{unit}", gives_score=True)
    slug = slug_of(description.slug or name)
    interactor = programs.tool(description.interactor, "the interactor") if description.interactor else None
    include = programs.include()
    problem = Problem(
        slug=slug,
        title=_title(description) or slug,
        task_type=_task_type(is_interactive, bool(include)),
        format=NAME,
        testcases=tests.testcases,
        root=tests.root,
        subtasks=tests.subtasks,
        checker=checker,
        interactor=interactor,
        interaction="testlib" if is_interactive else "kattis",
        include=include,
        statements=read_statements(bundle, description, workspace),
        validators=tuple(programs.validators()),
        submissions=programs.solutions(is_scored=tests.is_scored),
        unjudgeable=_unjudgeable(description),
        input_file=description.input_file,
        output_file=description.output_file,
    )
    warnings = [*description.warnings, *tests.warnings, *programs.warnings]
    if description.other_testsets:
        others = ", ".join(description.other_testsets)
        warnings.append(f'only the testset "{description.testset.name}" is judged, not {others}')
    return Package(
        problem=problem,
        locations=bundle.locations,
        time_limit_s=description.testset.time_limit_s,
        memory_limit_mib=description.testset.memory_limit_mib,
        warnings=tuple(warnings),
        recipes=tests.recipes,
        solution=programs.main_solution(),
    )


def _title(description: Description) -> str:
    """The English name, else the first."""
    names = {language_tag(language): name.strip() for language, name in description.names.items()}
    return names.get("en") or next((name for name in names.values() if name), "")


def _task_type(is_interactive: bool, has_include: bool) -> TaskType:
    if is_interactive:
        return TaskType.INTERACTIVE
    return TaskType.BATCH_GRADER if has_include else TaskType.BATCH


def _unjudgeable(description: Description) -> str:
    if description.runs > 1:
        return f"its solutions are run {description.runs} times on each test, which is not judged here"
    return ""
