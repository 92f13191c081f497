"""Packages in the Italian layout of CMS and task-maker: task.yaml, gen/GEN, sol/, check/ or cor/, statement/ or testo/.

* Tests are those of input/ and output/ where all are there; else gen/GEN's, made by gen/generator.* (generatore.*),
  checked by gen/validator.* (valida.*), with the answers of sol/solution.* (soluzione.*). Task-maker's gen/cases.gen
  stands for gen/GEN, which task-maker makes of it.
* A subtask scores its points × its worst test; without subtasks 100 points are shared by the tests. `score_type` (see
  `italian_scores`) says otherwise. A first subtask worth 0 points holds the samples.
* `n_input` is the number of tests; without a list of them the first so many count. The best submission of each subtask
  counts, whatever `score_mode` says; tokens and `public_testcases` change nothing. What is set otherwise is said.
* `infile` and `outfile` name files that programs may use; standard input and output serve as well. Not mentioned they
  are input.txt and output.txt (in task.yaml.orig, which is newer, as ""); "" means standard input and output alone.
* check/manager.* makes it a communication task; its processes get the names of their pipes unless `user_io` is std_io.
* task.yaml.orig, and NAME.yaml beside the folder, stand for task.yaml; without any, all is as if it were empty.
* contest.yaml with `tasks` gives those tasks in its order.

Sources: CMS, cmscontrib/loaders/italy_yaml.py; task-maker-rust's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.package import Package
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, amount, grading_tree, read_statements, score_precision
from judge.packages.cms_programs import find_program, read_include
from judge.packages.italian_programs import SOLUTIONS, official, read_submissions
from judge.packages.italian_scores import replaces_subtasks, ruled
from judge.packages.italian_tests import Found, read_tests
from judge.packages.kattis_header import read_yaml
from judge.packages.options import ReadOptions
from judge.packages.roots import find_roots, slug_of
from judge.problem import Checker, File, Problem, Program, TaskType
from judge.validating import INPUT

NAME = "italian"
CONTEST, HEADER = "contest.yaml", "task.yaml"
_HEADERS = (HEADER, f"{HEADER}.orig")
_STATEMENTS = ("statement", "testo")
_CONTROLLED = "its controller starts the programs itself (CMS's Interactive), which Podium does not run"
_MOST_PROCESSES = 16


def recognises(path: Path) -> bool:
    """True for a folder with a contest.yaml or task.yaml, or laid out as a task, at its top or at any depth below."""
    return path.is_dir() and bool(find_roots(path, _is_root))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every package at or below `path`, by path; those of a contest in its order. Raises PackageError where there is
    none or one cannot be read."""
    roots = find_roots(path, _is_root)
    if not roots:
        raise PackageError(options.name, f"is no Italian package: it holds no {HEADER} and no {CONTEST}")
    packages: list[Package] = []
    for root in (task for found in roots for task in _tasks(Bundle(found, top=path))):
        package = _Reader(Bundle(root, top=path), options.name if root == path else root.name).package()
        if any(package.problem.slug == other.problem.slug for other in packages):
            name = root.relative_to(path).as_posix()
            raise PackageError(name, f'a second problem is called "{package.problem.slug}"')
        packages.append(package)
    return tuple(packages)


def _is_root(path: Path) -> bool:
    if (path / CONTEST).is_file() or any((path / name).is_file() for name in _HEADERS):
        return True
    solutions = path / "sol"
    if any((path / "gen" / name).is_file() for name in ("GEN", "cases.gen")):
        return True
    return solutions.is_dir() and (
        any((path / name).is_dir() for name in ("gen", "check", "cor", "input"))
        or any(child.stem in SOLUTIONS for child in solutions.iterdir())
    )


def _tasks(bundle: Bundle) -> list[Path]:
    """The folders of the tasks: those that contest.yaml names, else the folder itself."""
    contest = bundle.root / CONTEST
    if not contest.is_file():
        return [bundle.root]
    data = read_yaml(bundle, contest)
    names = data.get("tasks", data.get("problemi"))
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise bundle.error(contest, '"tasks" is no list of names')
    for name in names:
        if not (bundle.root / name).is_dir() or Path(name).name != name:
            raise bundle.error(contest, f'names the task "{name}", which is no folder beside it')
    return [bundle.root / name for name in names]


@dataclass
class _Reader:
    """One package; `name` is its folder's."""

    bundle: Bundle
    name: str
    header: Path = field(init=False)
    data: Mapping[str, Any] = field(init=False)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        root = self.bundle.root
        places = [*(root / name for name in _HEADERS), root.parent / f"{root.name}.yaml"]
        self.header = next((path for path in places if path.is_file() and path.is_relative_to(self.bundle.top)), root)
        if self.header == root:
            self.data = {}
            self.warnings.append(f"no {HEADER}: the name is the folder's, limits are not known")
            return
        place = Bundle(self.header.parent, top=self.bundle.top)
        self.data = read_yaml(place, self.header)
        self.warnings += known_keys.unknown(self.header.name, self.data, known_keys.TASK)
        self.warnings += known_keys.without_effect(self.header.name, self.data, known_keys.TASK_UNUSED)

    def package(self) -> Package:
        """The package."""
        slug = slug_of(str(self._value("name", "nome_breve") or self.name))
        manager = find_program(self.bundle, ("check", "cor"), ("manager",))
        if manager is not None and self._value("num_processes") is None:
            self.warnings.append('"num_processes" is not given: its manager is taken to talk to one process')
        controller = find_program(self.bundle, ("check", "cor"), ("controller",))
        task_type = self._task_type(manager)
        found = self._tests(has_answers=task_type is not TaskType.COMMUNICATION and not controller)
        tests, parts, recipes = found.tests, found.parts, found.recipes
        root, subtasks = grading_tree(parts)
        samples = {name for part in parts if part.is_sample for name in part.tests}
        uses_files = task_type in (TaskType.BATCH, TaskType.BATCH_GRADER)
        checker = find_program(self.bundle, ("check", "cor"), ("checker", "correttore"))
        submissions = read_submissions(self.bundle, slug, parts, self.warnings)
        problem = Problem(
            slug=slug,
            title=str(self._value("title", "nome") or slug),
            task_type=task_type,
            format=NAME,
            testcases=tuple(replace(test, is_sample=test.name in samples) for test in tests),
            root=root,
            subtasks=subtasks,
            checker=Checker(checker, convention="cms", gives_score=True),
            interactor=manager,
            include=self._include(),
            statements=self._statements(),
            generators=tuple(dict.fromkeys(recipe.generator for recipe in recipes if recipe.generator)),
            validators=found.validators,
            submissions=submissions,
            unjudgeable=_CONTROLLED if controller else "",
            interaction="cms" if self._value("user_io") == "std_io" or manager is None else "cms-fifo",
            processes=self._processes() if manager else 1,
            input_file=self._file_name("infile", "input.txt") if uses_files else "",
            output_file=self._file_name("outfile", "output.txt") if uses_files else "",
            score_precision=score_precision(self.bundle, self.header, self.data),
        )
        return Package(
            problem=problem,
            locations=dict(self.bundle.locations),
            time_limit_s=self._limit("time_limit", "timeout"),
            memory_limit_mib=int(memory) if (memory := self._limit("memory_limit", "memlimit")) else None,
            warnings=tuple(self.warnings),
            recipes=() if controller else tuple(recipes),
            solution=official(submissions),
        )

    def _value(self, *names: str) -> Any:
        return next((self.data[name] for name in names if self.data.get(name) is not None), None)

    def _limit(self, *names: str) -> float | None:
        value = self._value(*names)
        if value is None:
            return None
        limit = amount(self.bundle, self.header, names[0], value)
        if not limit:
            raise self.bundle.error(self.header, f'"{names[0]}" is 0')
        return limit

    def _file_name(self, key: str, default: str) -> str:
        name = self.data.get(key, "" if self.header.name == _HEADERS[1] else default) or ""
        if not isinstance(name, str) or "/" in name:
            raise self.bundle.error(self.header, f'"{key}" is {name!r}, no name of a file')
        return name

    def _processes(self) -> int:
        count = amount(self.bundle, self.header, "num_processes", self._value("num_processes") or 1, least=1)
        if count != int(count) or count > _MOST_PROCESSES:
            raise self.bundle.error(self.header, f'"num_processes" is {count:g}; 1 to {_MOST_PROCESSES} can run')
        return int(count)

    def _task_type(self, manager: Program | None) -> TaskType:
        if str(self._value("output_only")).lower() == "true":
            return TaskType.OUTPUT_ONLY
        if manager is not None:
            return TaskType.COMMUNICATION
        return TaskType.BATCH_GRADER if self._include() else TaskType.BATCH

    def _include(self) -> dict[str, tuple[File, ...]]:
        folder = self.bundle.root / "sol"
        paths = [path for path in self.bundle.children(folder) if path.is_file()] if folder.is_dir() else []
        return read_include(
            self.bundle, [path for path in paths if path.stem in ("grader", "stub") or path.suffix in (".h", ".hpp")]
        )

    def _tests(self, *, has_answers: bool) -> Found:
        total = amount(self.bundle, self.header, "total_value", self._value("total_value") or 100.0)
        found = read_tests(self.bundle, self.name, self.warnings, total=total, has_answers=has_answers)
        if found.listed not in (None, 100.0) and not replaces_subtasks(self.data):
            self.warnings.append(
                f"gen/GEN: its subtasks are worth {found.listed:g} points, which CMS takes only if 100"
            )
        names = [test.name for test in found.tests][: self._n_input(len(found.tests))]
        parts = ruled(self.bundle, self.header, self.data, found.parts, names, self.warnings)
        kept = {name for part in parts for name in part.tests}.intersection(names)
        if others := len(found.tests) - len(kept):
            self.warnings.append(f"{others} of the {len(found.tests)} tests count in no subtask; they are left out")
        return replace(
            found,
            tests=[test for test in found.tests if test.name in kept],
            parts=[_of_kept(part, place, kept) for place, part in enumerate(parts, start=1)],
            recipes=[recipe for recipe in found.recipes if recipe.testcase in kept],
        )

    def _n_input(self, n: int) -> int:
        """How many tests count of those there are: as many as `n_input` says, where no list says it as well."""
        if (value := self._value("n_input")) is None:
            return n
        count = amount(self.bundle, self.header, "n_input", value)
        is_listed = any((self.bundle.root / "gen" / name).is_file() for name in ("GEN", "cases.gen"))
        if count > n or (is_listed and count < n) or not count:
            raise self.bundle.error(self.header, f'"n_input" is {count:g}, but there are {n} tests')
        return int(count)

    def _statements(self) -> tuple[Any, ...]:
        language = str(self._value("primary_language") or "it")
        names = {"statement": language, "testo": language, "english": "en", "italian": "it", "index": language}
        return read_statements(self.bundle, _STATEMENTS, names)


def _of_kept(part: Part, place: int, kept: Set[str]) -> Part:
    """The subtask at this place, from 1, without the tests that do not count; its validators are told the place."""
    tests = tuple(name for name in part.tests if name in kept)
    if part.validator_calls is not None:
        return replace(part, tests=tests)
    return replace(part, tests=tests, validator_args=(INPUT, str(place)))
