"""Function problems with test code: HumanEval's and MBPP's JSON lines.

HumanEval: `{"task_id", "prompt", "entry_point", "test", "canonical_solution"}`; `test` defines `check(candidate)` (or
is made of assertions that call the entry point by its name) and is one testcase; where it is empty the problem cannot
be judged here, only scored elsewhere. What the prompt defines besides the entry point is there for the test code and
for candidates that do not repeat it; HumanEval itself puts the whole prompt before every completion.

MBPP: `{"task_id", "text" or "prompt", "code", "test_list", "challenge_test_list", "test_setup_code", "test_imports"}`;
every assertion is a testcase. Those of `test_list` are public, for MBPP's own prompt shows them.

`task_id` "HumanEval/0" is the problem HumanEval-0. A problem is one subtask worth 1 point.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from pathlib import Path

from judge.errors import PackageError
from judge.functions import programs
from judge.package import Package
from judge.packages.jsonlines import Record, Store, first_keys, groups_of, named, one_subtask, read_packages, text
from judge.packages.options import ReadOptions
from judge.problem import Problem, Program, Statement, TaskType, Testcase

NAME = "humaneval"
#: The keys that tell these shapes from others.
KEYS = frozenset({"task_id", "prompt", "entry_point", "test"})
MBPP_KEYS = frozenset({"task_id", "code", "test_list"})
_DEFINED = re.compile(r"^\s*def (\w+)\(", re.MULTILINE)


def recognises(path: Path) -> bool:
    """True for a file whose first record has the keys of one of the two shapes."""
    keys = first_keys(path)
    return keys >= KEYS or keys >= MBPP_KEYS


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every problem of the file, in its order. Raises PackageError for the first that cannot be read."""
    return read_packages(path, options, lambda r, s: _mbpp(r, s) if "test_list" in r else _humaneval(r, s))


def _humaneval(record: Record, store: Store) -> Package:
    prompt = text(record, "prompt")
    # Reflexion's files name the key and leave it empty: its problems were judged elsewhere.
    code = "" if record.get("test") == "" else text(record, "test")
    entry_point = text(record, "entry_point")
    if not code and not entry_point.isidentifier():
        # Reflexion's logs name the task there; they can be read as the problems they are about.
        entry_point = next(iter(_DEFINED.findall(prompt)), entry_point)
    if not entry_point.isidentifier():
        raise PackageError("", f'"entry_point" is {entry_point[:40]!r}, which names no function')
    # A prompt ends inside its function: with a docstring, or with a comment that no body follows.
    prelude = programs.without(prompt, entry_point)
    if prelude is None:
        prelude = programs.without(f"{prompt.rstrip()}\n    pass\n", entry_point)
    try:
        needs = programs.modules_missing([prelude or "", code])
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PackageError("", f'"test" is no Python ({type(error).__name__})') from error
    warnings = [] if prelude is not None else ["its prompt is no Python: the tests do not see what it defines"]
    settings = programs.told([entry_point], prelude=prelude or "", prompt=prompt)
    solution = record.get("canonical_solution")
    references = [f"{prompt}{solution}"] if isinstance(solution, str) and solution.strip() else []
    tests = (_testcase("hidden/check", code, store),) if code else ()
    statement = f"```python\n{prompt}\n```\n"
    slug = named(record, "task_id")
    return _package(slug, entry_point, statement, tests, settings, references, store, warnings, needs)


def _mbpp(record: Record, store: Store) -> Package:
    slug, code = named(record, "task_id"), text(record, "code")
    public = _assertions(record, "test_list")
    hidden = _assertions(record, "challenge_test_list")
    if not public:
        raise PackageError("", '"test_list" holds no test')
    imports = record.get("test_imports") or []
    if not isinstance(imports, list):
        raise PackageError("", '"test_imports" is not a list of texts')
    setup = "\n".join([*map(str, imports), text(record, "test_setup_code", default="")]).strip()
    called = _called(code, [*public, *hidden], setup)
    settings = programs.told(called, prelude=setup)
    tests = [_testcase(f"sample/{number}", test, store, is_sample=True) for number, test in enumerate(public, 1)]
    tests += [_testcase(f"hidden/{number}", test, store) for number, test in enumerate(hidden, 1)]
    task = text(record, "text" if "text" in record else "prompt")
    shown = "\n".join(public)
    statement = f"{task}\n\nThe program has to pass these tests:\n\n```python\n{shown}\n```\n"
    needs = programs.modules_missing([setup, *public, *hidden])
    return _package(slug, called[0], statement, tuple(tests), settings, [code], store, [], needs)


def _called(code: str, tests: Sequence[str], setup: str) -> list[str]:
    """What the tests call of a candidate: the names they read that neither they nor Python know, the last of them that
    the reference defines first."""
    try:
        used = set().union(*map(programs.names_used, tests))
        given = set(dir(builtins)).union(*map(programs.names_defined, [*tests, setup]))
        defined = programs.names_defined(code)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise PackageError("", f"its code or one of its tests is no Python ({type(error).__name__})") from error
    called = [name for name in reversed(defined) if name in used - given]
    if not called:
        raise PackageError("", 'no test calls a function that "code" defines')
    return called


def _assertions(record: Record, key: str) -> list[str]:
    tests = record.get(key) or []
    if not isinstance(tests, list) or not all(isinstance(test, str) and test.strip() for test in tests):
        raise PackageError("", f'"{key}" is not a list of texts')
    return tests


def _why_not(tests: Sequence[Testcase], needs: Sequence[str]) -> str:
    if not tests:
        return "the file has no tests"
    return f"its tests need {', '.join(needs)}, which programs here do not have" if needs else ""


def _testcase(name: str, code: str, store: Store, *, is_sample: bool = False) -> Testcase:
    return Testcase(name, store.file("tests.py", code), None, is_sample)


def _package(
    slug: str,
    title: str,
    statement: str,
    tests: tuple[Testcase, ...],
    settings: str,
    references: Sequence[str],
    store: Store,
    warnings: Sequence[str],
    needs: Sequence[str],
) -> Package:
    submissions = tuple(
        Program("submissions/accepted/solution.py", programs.LANGUAGE, (store.file("solution.py", source),), "accepted")
        for source in references
    )
    problem = Problem(
        slug=slug,
        title=title,
        task_type=TaskType.FUNCTION,
        format=NAME,
        testcases=tests,
        root=groups_of(tests),
        subtasks=one_subtask(tests),
        interactor=programs.harness(store.file, settings),
        include=programs.serving(store.file, settings),
        statements=(Statement("en", "markdown", store.file("statement.md", statement)),),
        submissions=submissions,
        unjudgeable=_why_not(tests, needs),
    )
    return Package(problem, store.locations(problem), warnings=tuple(warnings))
