"""Making the tests that a package does not hold: inputs by its generators, checked by its validators, answers by its
solution, all in the sandbox.

What a generator, a validator or the solution does not do is a PackageError that names the program and the test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from judge.errors import PackageError, SandboxFault
from judge.judging import Judge
from judge.languages import LANGUAGES
from judge.limits import source_of
from judge.package import Package, TestRecipe, stated_limits
from judge.problem import File, Program, Subtask, TaskType, Testcase
from judge.running import run_inputs
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Ending, Executable, Execution, RunLimits
from judge.tools import compile_program, first_error
from judge.validating import INPUT, MAKING_LIMITS, MOST_BYTES, how_ended, last_words, refuse_invalid, validator_calls
from judge.workspaces import lasting_workspace

_FOLDER = "/made"
#: Where an interactor leaves the answer.
_ANSWER = f"{_FOLDER}/answer.txt"
#: The solution gets this many times the stated time limit, and at least what a generator gets.
_SLOWER = 10.0
_made: dict[str, Package] = {}


def generate(package: Package, sandbox: Sandbox, workspace: Path) -> Package:
    """`package` with every test of its recipes made: digests filled, locations extended, no recipes left.

    What is made lies below `workspace`, which must live as long as the package. Equal calls of a generator run once,
    as does the solution on equal inputs. Raises PackageError, naming the program and the test, where a generator,
    a validator or the solution does not do its part, SandboxFault where the sandbox broke down.
    """
    if not package.recipes:
        return package
    return _Making(package, sandbox, workspace / "generated").run()


def completed(package: Package, sandbox: Sandbox) -> Package:
    """`generate` for scripts: once per process and content, in a folder that lives as long as the process."""
    if not package.recipes:
        return package
    key = hashlib.sha256(repr((package.problem.content_hash, package.recipes, package.solution)).encode()).hexdigest()
    if key not in _made:
        _made[key] = generate(package, sandbox, lasting_workspace())
    return _made[key]


class _Generated(NamedTuple):
    """What one run of a generator gave: its output, its error output, and the files it left, by name."""

    output: File
    errors: File
    files: dict[str, File]


@dataclass
class _Making:
    """One package's tests in the making. `answers` are by the digest of their input."""

    package: Package
    sandbox: Sandbox
    folder: Path
    locations: dict[str, Path] = field(default_factory=dict)
    tools: dict[Program, Executable] = field(default_factory=dict)
    runs: dict[tuple[Program, tuple[str, ...], str, bool], _Generated] = field(default_factory=dict)

    def run(self) -> Package:
        """The complete package."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.locations.update(self.package.locations)
        tests = {test.name: test for test in self.package.problem.testcases}
        for recipe in self.package.recipes:
            tests[recipe.testcase] = self._with_input(tests[recipe.testcase], recipe)
        self._validate([(tests[recipe.testcase], recipe) for recipe in self.package.recipes])
        waiting = [test for test in tests.values() if test.answer is not None and not test.answer.digest]
        if waiting:
            tests.update(self._answered(waiting))
        testcases = tuple(tests.values())
        problem = replace(
            self.package.problem, testcases=testcases, subtasks=_with_contained(self.package.problem.subtasks, tests)
        )
        return replace(self.package, problem=problem, locations=self.locations, recipes=())

    def _with_input(self, test: Testcase, recipe: TestRecipe) -> Testcase:
        if recipe.generator is None:
            return test
        key = (recipe.generator, recipe.args, recipe.stdin.digest if recipe.stdin else "", bool(recipe.output_file))
        if key not in self.runs:
            self.runs[key] = self._generated(recipe.generator, recipe, test)
        run = self.runs[key]
        made = _left(run, recipe.output_file) if recipe.output_file else run.output
        if (made is None or not made.size) and test.input.digest:
            made = test.input
        if made is None or not made.size:
            what = f"leaves no file {recipe.output_file}" if recipe.output_file else "prints nothing"
            raise PackageError(recipe.generator.name, f"{what} for the test {test.name}")
        test = replace(test, input=replace(made, name=test.input.name))
        if recipe.answer_on_stderr and test.answer is not None and not test.answer.digest:
            test = replace(test, answer=replace(run.errors, name=test.answer.name))
        return test

    def _generated(self, program: Program, recipe: TestRecipe, test: Testcase) -> _Generated:
        result = self.sandbox.run_tool(
            self._tool(program),
            args=recipe.args,
            stdin=self.locations[recipe.stdin.digest] if recipe.stdin else None,
            writable=(_FOLDER,) if recipe.output_file else (),
            limits=replace(MAKING_LIMITS, stderr_bytes=MOST_BYTES) if recipe.answer_on_stderr else MAKING_LIMITS,
            file_cap=MOST_BYTES,
        )
        _require_clean(program, test, result.execution)
        files = {Path(path).name: self._keep(content) for path, content in sorted(result.files.items())}
        return _Generated(self._keep(result.stdout), self._keep(result.stderr), files)

    def _validate(self, made: Sequence[tuple[Testcase, TestRecipe]]) -> None:
        """Raises PackageError where a validator rejects an input. Equal calls are made once."""
        problem = self.package.problem
        checked = {
            (test.input.digest, program, args): test
            for test, recipe in made
            if recipe.validator_args is not None
            for program, args in validator_calls(problem, recipe.validator_args, recipe.validator_calls)
        }
        for (digest, program, args), test in checked.items():
            tool = self._tool(program)
            refuse_invalid(problem, program, tool, test, self.locations[digest], args, self.sandbox)

    def _answered(self, waiting: Sequence[Testcase]) -> dict[str, Testcase]:
        """These tests with the solution's answers."""
        solution = self.package.solution
        if solution is None:
            raise PackageError(
                waiting[0].name, "has no expected output, and the package names no solution that could make it"
            )
        if solution.language not in LANGUAGES:
            raise PackageError(solution.name, "is to make the expected outputs, in a language that does not run here")
        here = replace(self.package, problem=replace(self.package.problem, unjudgeable=""), locations=self.locations)
        judge = Judge(here.problem, here, stated_limits(here), self.sandbox)
        built = judge.compile(source_of(solution, here))
        if isinstance(built, CompileFailure):
            raise PackageError(solution.name, f"does not compile: {first_error(built.message)}")
        digests = {test.input.digest: test for test in waiting}
        if here.problem.task_type is TaskType.INTERACTIVE:
            answers = {digest: self._talk(solution, built, test) for digest, test in digests.items()}
        else:
            answers = self._answers(solution, built, digests)
        return {
            test.name: replace(test, answer=replace(answers[test.input.digest], name=test.answer.name))
            for test in waiting
            if test.answer is not None
        }

    def _answers(self, solution: Program, built: Executable, digests: Mapping[str, Testcase]) -> dict[str, File]:
        paths = [self.locations[digest] for digest in digests]
        runs = run_inputs(
            self.package.problem,
            self.sandbox,
            built,
            paths,
            self._answer_limits(built),
            keep_output=True,
            output_cap=MOST_BYTES,
        )
        answers = {}
        for (digest, test), run in zip(digests.items(), runs, strict=True):
            _require_clean(solution, test, run)
            answers[digest] = self._keep(run.stdout or b"")
        return answers

    def _talk(self, solution: Program, built: Executable, test: Testcase) -> File:
        """The answer of an interactive test: what the interactor leaves once it has talked to the solution."""
        interactor = self.package.problem.interactor
        assert interactor is not None
        talk = self.sandbox.converse(
            built,
            self._tool(interactor),
            candidate_limits=self._answer_limits(built),
            partner_limits=MAKING_LIMITS,
            partner_args=(INPUT, _ANSWER),
            partner_files={INPUT: self.locations[test.input.digest]},
            partner_writable=(_FOLDER,),
        )
        _require_clean(interactor, test, talk.partner.execution)
        _require_clean(solution, test, talk.candidate)
        return self._keep(talk.partner.files.get(_ANSWER, b""))

    def _answer_limits(self, built: Executable) -> RunLimits:
        """The package's limits, much widened: only the solution's answers count."""
        stated = stated_limits(self.package)
        cpu_s = max(_SLOWER * stated.time_limit_s, MAKING_LIMITS.cpu_s)
        return replace(
            MAKING_LIMITS,
            cpu_s=cpu_s,
            wall_s=3 * cpu_s,
            memory_mib=max(2 * stated.memory_limit_mib, MAKING_LIMITS.memory_mib),
            processes=max(built.processes, 8),
            may_fork=True,
        )

    def _tool(self, program: Program) -> Executable:
        if program not in self.tools:
            if program.language not in LANGUAGES:
                raise PackageError(program.name, "is in a language that does not run here")
            self.tools[program] = compile_program(program, self.package, self.sandbox)
        return self.tools[program]

    def _keep(self, content: bytes) -> File:
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self.locations:
            path = self.folder / digest
            path.write_bytes(content)
            self.locations[digest] = path
        return File("", digest, len(content))


def _require_clean(program: Program, test: Testcase, run: Execution) -> None:
    if run.ending is Ending.FAULT:
        raise SandboxFault(f"{program.name} could not be run: {last_words(run)}")
    if not run.is_clean:
        raise PackageError(program.name, f"fails for the test {test.name}{how_ended(run)}")


def _left(run: _Generated, wanted: str) -> File | None:
    """The file of this name that a generator left; where it is a number, zeros before it do not matter."""
    numbers = {int(name): file for name, file in run.files.items() if name.isdecimal()}
    return run.files.get(wanted) or (numbers.get(int(wanted)) if wanted.isdecimal() else None)


def _with_contained(subtasks: Sequence[Subtask], tests: Mapping[str, Testcase]) -> tuple[Subtask, ...]:
    """The subtasks with what their tests, now known, contain, beside what the package declares."""
    inputs = [frozenset(tests[name].input.digest for name in subtask.testcases) for subtask in subtasks]
    return tuple(
        replace(
            subtask,
            contains=tuple(
                other.index
                for place, other in enumerate(subtasks)
                if other.index in subtask.contains or inputs[place] < inputs[own]
            ),
        )
        for own, subtask in enumerate(subtasks)
    )
