"""Tests that a package does not hold: made by its generators, checked by its validators, answered by its solution."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from judge import generate, judge
from judge.errors import PackageError
from judge.package import Package
from judge.package import TestRecipe as Recipe
from judge.problem import Aggregation, File, Group, Problem, Program, Subtask, TaskType
from judge.problem import Testcase as Case
from judge.sandbox import Sandbox
from judge.verdicts import Verdict

DOUBLE = "print(2 * int(input()))\n"
COUNT = "import sys\nprint(int(sys.argv[1]) + 1)\n"
POSITIVE = "import sys\nsys.exit('not positive' if int(input()) <= 0 else 0)\n"


@dataclass
class Maker:
    """Packages with programs of one Python file each."""

    folder: Path
    locations: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str, text: str) -> File:
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.locations[digest] = self.folder / digest
        self.locations[digest].write_text(text)
        return File(name, digest, len(text))

    def program(self, name: str, text: str) -> Program:
        return Program(name, "python3", (self.file(name, text),))

    def package(self, *recipes: Recipe, solution: str | None = DOUBLE, validator: str = "", given: str = "") -> Package:
        """One subtask whose tests are those of the recipes, without input unless `given`."""
        names = tuple(recipe.testcase for recipe in recipes)
        given_file = self.file("given", given) if given else None
        tests = tuple(Case(name, given_file or File(f"{name}.in", "", 0), File(f"{name}.out", "", 0)) for name in names)
        problem = Problem(
            slug="made",
            title="Made",
            task_type=TaskType.BATCH,
            format="polygon",
            testcases=tests,
            root=Group("all", names, aggregation=Aggregation.MIN),
            subtasks=(Subtask(1, "all", 1.0, "all", names),),
            validators=(self.program("valid.py", validator),) if validator else (),
        )
        return Package(
            problem,
            dict(self.locations),
            recipes=recipes,
            solution=self.program("solution.py", solution) if solution is not None else None,
        )

    def generated(self, sandbox: Sandbox, *recipes: Recipe, **changes: object) -> Package:
        package = self.package(*recipes, **changes)  # type: ignore[arg-type]
        return generate(Package(**{**vars(package), "locations": self.locations}), sandbox, self.folder)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def contents(package: Package) -> list[tuple[str, str]]:
    return [
        (
            package.path(test.input.digest).read_text(),
            package.path(test.answer.digest).read_text() if test.answer else "",
        )
        for test in package.problem.testcases
    ]


def test_inputs_come_from_generators_and_answers_from_the_solution(maker: Maker, sandbox: Sandbox) -> None:
    gen = maker.program("gen.py", COUNT)
    package = maker.generated(
        sandbox, Recipe("1", gen, ("3",), validator_args=()), Recipe("2", gen, ("9",)), validator=POSITIVE
    )
    assert contents(package) == [("4\n", "8\n"), ("10\n", "20\n")]
    assert (package.recipes, [test.input.name for test in package.problem.testcases]) == ((), ["1.in", "2.in"])
    assert package.problem.testcases[0].input.digest == hashlib.sha256(b"4\n").hexdigest()


def test_complete_package_is_left_as_it_is(maker: Maker, sandbox: Sandbox) -> None:
    package = maker.package()
    assert generate(package, sandbox, maker.folder) is package


def test_equal_calls_run_once(maker: Maker, sandbox: Sandbox) -> None:
    gen = maker.program("gen.py", "import os\nprint(int.from_bytes(os.urandom(6), 'big'))\n")
    package = maker.generated(sandbox, Recipe("1", gen), Recipe("2", gen), Recipe("3", gen, ("x",)))
    digests = [test.input.digest for test in package.problem.testcases]
    assert (digests[0] == digests[1], digests[0] == digests[2]) == (True, False)


def test_generator_may_leave_several_files(maker: Maker, sandbox: Sandbox) -> None:
    gen = maker.program("gen.py", "for n in range(1, 4):\n    open(f'{n:02}', 'w').write(f'{n * 10}\\n' * (1 << 19))\n")
    solution = "import sys\nprint(len(sys.stdin.read()))\n"
    package = maker.generated(sandbox, *(Recipe(str(n), gen, output_file=str(n)) for n in (2, 3)), solution=solution)
    assert [(given[:3], answer) for given, answer in contents(package)] == [
        ("20\n", "1572864\n"),
        ("30\n", "1572864\n"),
    ]


def test_generator_may_read_input_and_write_the_answer_to_standard_error(maker: Maker, sandbox: Sandbox) -> None:
    gen = maker.program("gen.py", "import sys\nn = int(input())\nprint(n)\nprint('answer', n, file=sys.stderr)\n")
    recipe = Recipe("1", gen, stdin=maker.file("seed", "7\n"), answer_on_stderr=True)
    assert contents(maker.generated(sandbox, recipe, solution=None)) == [("7\n", "answer 7\n")]


def test_only_answers_may_be_missing(maker: Maker, sandbox: Sandbox) -> None:
    assert contents(maker.generated(sandbox, Recipe("1"), given="21\n")) == [("21\n", "42\n")]


def test_script_judges_a_package_whose_tests_must_be_made(maker: Maker, sandbox: Sandbox) -> None:
    package = maker.package(Recipe("1", maker.program("gen.py", COUNT), ("3",)))
    package = Package(**{**vars(package), "locations": maker.locations})
    verdicts = [
        judge(package, text, language="python3", sandbox=sandbox).verdict for text in (DOUBLE, "print(input())\n")
    ]
    assert verdicts == [Verdict.AC, Verdict.WA]


@pytest.mark.parametrize(
    ("generator", "changes", "sentence"),
    [
        ("import sys\nsys.exit('no such size')\n", {}, "gen.py: fails for the test t (exit code 1: no such size)"),
        ("import os\nos.abort()\n", {}, "gen.py: fails for the test t (signal 6)"),
        ("pass\n", {}, "gen.py: prints nothing for the test t"),
        ("if:\n", {}, "gen.py: does not compile: SyntaxError: invalid syntax"),
        (
            "print(-4)\n",
            {"validator": POSITIVE},
            "valid.py: rejects the input of the test t (exit code 1: not positive)",
        ),
        (
            "print(1)\n",
            {"solution": None},
            "t: has no expected output, and the package names no solution that could make it",
        ),
        ("print(1)\n", {"solution": "1 / 0\n"}, "ZeroDivisionError: division by zero)"),
        ("print(1)\n", {"solution": "if:\n"}, "solution.py: does not compile: "),
    ],
)
def test_program_that_does_not_do_its_part_is_named(
    maker: Maker, sandbox: Sandbox, generator: str, changes: dict[str, str | None], sentence: str
) -> None:
    recipe = Recipe("t", maker.program("gen.py", generator), validator_args=())
    with pytest.raises(PackageError) as caught:
        maker.generated(sandbox, recipe, **changes)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_of_a_generator_is_named(maker: Maker, sandbox: Sandbox) -> None:
    recipe = Recipe("t", maker.program("gen.py", "open('1', 'w').write('1')\n"), output_file="2")
    with pytest.raises(PackageError, match="gen.py: leaves no file 2 for the test t"):
        maker.generated(sandbox, recipe)


def test_endless_generator_is_stopped(maker: Maker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from judge import generating
    from judge.sandbox import RunLimits

    monkeypatch.setattr(generating, "MAKING_LIMITS", RunLimits(0.5, 256, output_bytes=1 << 20))
    with pytest.raises(PackageError, match="gen.py: fails for the test t \\(out of time\\)"):
        maker.generated(sandbox, Recipe("t", maker.program("gen.py", "while True: pass\n")))
    with pytest.raises(PackageError, match="gen.py: fails for the test t \\(too much output: "):
        maker.generated(sandbox, Recipe("t", maker.program("gen.py", "while True: print('x' * 4096)\n")))
