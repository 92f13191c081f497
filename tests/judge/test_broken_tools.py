"""Packages whose own programs are broken: not the candidate's fault. IE, or a refusal of one sentence, soon over.

A broken checker is the judge's failure whatever it does: crash, loop, sleep, print nonsense or a gigabyte, fork.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from judge import Judge, Judgement, communicating, conversing, judge, load_package, tools
from judge.errors import PackageError
from judge.package import Package, stated_limits
from judge.problem import Checker, TaskType
from judge.sandbox import RunLimits, Sandbox
from judge.verdicts import Verdict
from tests.judge.making import DOUBLE, PLAIN, write_package
from tests.judge.sandbox.conftest import open_or_skip
from tests.judge.sandbox.leftovers import left_of

RIGHT = "print(2 * int(input()))\n"
TIGHT = RunLimits(cpu_s=0.5, memory_mib=64, output_bytes=1 << 20, wall_s=1)
CUSTOM = "name: Double\nvalidation: custom\n"
SCORED = "name: Double\ntype: scoring\nvalidation: custom score\n"
LEFT = "write(sys.argv[3] + 'score.txt', {!r})\nsys.exit(42)\n"
HEAD = """import os, signal, sys, time
def write(path, text):
    with open(path, 'w') as file:
        file.write(text)
"""


@pytest.fixture(scope="module")
def sandbox(cache: Path) -> Iterator[Sandbox]:
    """A sandbox whose programs nobody else runs, so that what is left running is known to be ours."""
    with open_or_skip(cache, worker=92) as opened:
        yield opened


@pytest.fixture(scope="module")
def cache() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="podium-broken-tools-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def tight_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a loop ends within the test; how it ends does not depend on when."""
    monkeypatch.setattr(tools, "TOOL_LIMITS", TIGHT)
    monkeypatch.setattr(conversing, "TOOL_LIMITS", TIGHT)
    monkeypatch.setattr(communicating, "_MANAGER_CPU_S", TIGHT.cpu_s)


def with_checker(folder: Path, checker: str, header: str = CUSTOM, convention: str = "kattis") -> Package:
    """The problem with this checker in Python, called by a convention."""
    files = {**PLAIN, "problem.yaml": header, "output_validators/check.py": HEAD + checker}
    (package,) = load_package(write_package(folder / "double", files))
    changed = replace(package.problem.checker, convention=convention)
    return replace(package, problem=replace(package.problem, checker=changed))


def run(package: Package, sandbox: Sandbox, source: str = RIGHT) -> Judgement:
    limits = replace(stated_limits(package), time_limit_s=1.0)
    return judge(package, source, language="python3", sandbox=sandbox, limits=limits)


def first(judgement: Judgement) -> tuple[Verdict, str]:
    return judgement.testcases[0].verdict, judgement.testcases[0].message


@pytest.mark.parametrize(
    ("checker", "message"),
    [
        ("1 / 0\n", "the checker broke: Traceback"),
        ("os.abort()\n", "the checker was stopped (signal)"),
        ("os.kill(0, signal.SIGKILL)\nos.abort()\n", "the checker was stopped (signal)"),
        ("while True: pass\n", "the checker was stopped (cpu)"),
        ("time.sleep(1000)\n", "the checker was stopped (wall)"),
        ("while True: signal.raise_signal(signal.SIGSTOP)\n", "the checker was stopped (wall)"),
        ("print('accepted, I think')\n", "the checker ended with exit code 0"),
        ("sys.exit(44)\n", "the checker ended with exit code 44"),
        ("while True: os.write(1, bytes(1 << 20))\n", "the checker was stopped (output)"),
        ("for _ in range(1024): print('x' * (1 << 20))\nsys.exit(42)\n", "the checker was stopped (output)"),
        ("with open(sys.argv[3] + 'judgemessage.txt', 'wb') as f:\n    for _ in range(1024): f.write(bytes(1 << 20))\n",
         "the checker broke: Traceback"),
        ("x = bytearray(8 << 30)\nsys.exit(42)\n", "the checker was stopped (memory)"),
        ("while True:\n    try: os.fork()\n    except OSError: pass\n", "the checker was stopped"),
        (LEFT.format("42"), "the checker gave a score, but the package does not let it"),
    ],
)  # fmt: skip
def test_broken_checker_is_our_fault(tmp_path: Path, sandbox: Sandbox, checker: str, message: str) -> None:
    judgement = run(with_checker(tmp_path, checker), sandbox)
    verdict, said = first(judgement)
    assert (judgement.verdict, verdict, said[: len(message)]) == (Verdict.IE, Verdict.IE, message)
    assert len(said) <= 1100
    assert left_of(sandbox) == []


@pytest.mark.parametrize("score", ["", "much", "nan", "inf", "1e400", "0x10", "1 2"])
def test_score_that_is_none_is_our_fault(tmp_path: Path, sandbox: Sandbox, score: str) -> None:
    assert first(run(with_checker(tmp_path, LEFT.format(score), SCORED), sandbox))[0] is Verdict.IE


@pytest.mark.parametrize(
    ("convention", "checker"),
    [
        ("testlib", "sys.exit(3)\n"),
        ("testlib", "sys.exit(9)\n"),
        ("testlib", "print('points many', file=sys.stderr)\nsys.exit(7)\n"),
        ("testlib", "print('points nan', file=sys.stderr)\nsys.exit(7)\n"),
        ("cms", "print('looks right')\n"),
        ("cms", "pass\n"),
        ("cms", "print('nan')\n"),
        ("cms", "print(2.0)\n"),
        ("cms", "print(-1)\n"),
        ("cms", "print(1.0)\nsys.exit(1)\n"),
        ("cms", "print('1' * (4 << 20))\n"),
        ("dmoj", "sys.exit(2)\n"),
        ("coci", "print('partial 5/0', file=sys.stderr)\nsys.exit(7)\n"),
    ],
)
def test_answer_outside_the_convention_is_our_fault(
    tmp_path: Path, sandbox: Sandbox, convention: str, checker: str
) -> None:
    assert first(run(with_checker(tmp_path, checker, SCORED, convention), sandbox))[0] is Verdict.IE


def test_children_of_a_checker_end_with_it(tmp_path: Path, sandbox: Sandbox) -> None:
    checker = (
        "for _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(1000)\nsys.exit(42)\n"
    )
    judgement = run(with_checker(tmp_path, checker), sandbox)
    assert (judgement.verdict, left_of(sandbox)) == (Verdict.AC, [])


def test_checker_cannot_change_the_tests(tmp_path: Path, sandbox: Sandbox) -> None:
    checker = (
        "for path in sys.argv[1:3]:\n    try: write(path, '0')\n    except OSError: continue\n    sys.exit(9)\n"
        "sys.exit(42)\n"
    )
    assert run(with_checker(tmp_path, checker), sandbox).verdict is Verdict.AC
    assert (tmp_path / "double/data/secret/1.ans").read_text() == PLAIN["data/secret/1.ans"]


def test_message_of_a_checker_is_cut_and_made_text(tmp_path: Path, sandbox: Sandbox) -> None:
    checker = (
        "with open(sys.argv[3] + 'judgemessage.txt', 'wb') as file:\n    file.write(b'\\xff\\x00' * (1 << 18))\n"
        "sys.exit(43)\n"
    )
    verdict, said = first(run(with_checker(tmp_path, checker), sandbox))
    assert (verdict, len(said) <= 1000, "�" in said) == (Verdict.WA, True, True)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"output_validators/check.cpp": "int main() { return missing; }\n"},
         "output_validators/check.cpp: does not compile: check.cpp:1:21: error:"),
        ({"output_validators/check.py": "if True return\n"}, "output_validators/check.py: does not compile: "),
        ({"output_validators/check.cpp": "#include <testlib.h>\nint main() {}\n"},
         "output_validators/check.cpp: does not compile: check.cpp:1:10: fatal error: testlib.h: No such file"),
    ],
)  # fmt: skip
def test_checker_that_does_not_compile_is_refused(
    tmp_path: Path, sandbox: Sandbox, files: dict[str, str], sentence: str
) -> None:
    (package,) = load_package(write_package(tmp_path / "double", {**PLAIN, "problem.yaml": CUSTOM, **files}))
    with pytest.raises(PackageError) as caught:
        run(package, sandbox)
    assert str(caught.value)[: len(sentence)] == sentence
    assert "\n" not in str(caught.value)


INTERACTIVE = "problem_format_version: 2023-07\nname: Talk\ntype: interactive\n"
ASKS = "print('hello', flush=True)\ninput()\n"


@pytest.mark.parametrize(
    ("interactor", "candidate"),
    [
        ("1 / 0\n", ASKS),
        ("os.abort()\n", ASKS),
        ("sys.exit(0)\n", ASKS),
        ("time.sleep(1000)\n", ASKS),
        ("time.sleep(1000)\n", "pass\n"),
        ("while True: pass\n", ASKS),
        ("input()\nos.abort()\n", ASKS),
        ("print('nonsense', flush=True)\ninput()\n1 / 0\n", ASKS),
        ("input()\nwhile True: pass\n", "print('hello', flush=True)\n"),
        ("while True: os.write(2, bytes(1 << 20))\n", ASKS),
        ("x = bytearray(8 << 30)\n", ASKS),
    ],
)
def test_broken_interactor_is_our_fault(tmp_path: Path, sandbox: Sandbox, interactor: str, candidate: str) -> None:
    files = {**PLAIN, "problem.yaml": INTERACTIVE, "output_validator/talk.py": HEAD + interactor}
    (package,) = load_package(write_package(tmp_path / "talk", files))
    judgement = run(package, sandbox, candidate)
    assert (judgement.verdict, first(judgement)[0]) == (Verdict.IE, Verdict.IE)
    assert left_of(sandbox) == []


@pytest.mark.parametrize(
    "manager", ["1 / 0\n", "os.abort()\n", "print('fine')\n", "print('nan')\n", "time.sleep(1000)\n"]
)
def test_broken_manager_is_our_fault(tmp_path: Path, sandbox: Sandbox, manager: str) -> None:
    files = {**PLAIN, "problem.yaml": INTERACTIVE, "output_validator/manager.py": HEAD + manager}
    (package,) = load_package(write_package(tmp_path / "talk", files))
    problem = replace(
        package.problem, task_type=TaskType.COMMUNICATION, interaction="cms", checker=Checker(convention="cms")
    )
    judgement = run(replace(package, problem=problem), sandbox, "pass\n")
    assert (judgement.verdict, first(judgement)[0]) == (Verdict.IE, Verdict.IE)


@pytest.mark.parametrize(
    "grader",
    [
        "print('AC')\n", "print('AC 30 40')\n", "print('AC nan')\n", "print('YES 30')\n", "1 / 0\n", "pass\n",
        "print('AC', '3' * (2 << 20))\n", "while True: pass\n", "time.sleep(1000)\n", "sys.exit(3)\n",
    ],
)  # fmt: skip
def test_broken_grader_is_our_fault(tmp_path: Path, sandbox: Sandbox, grader: str) -> None:
    group = {"data/secret/group1/testdata.yaml": "range: 0 30\ngrading: custom\n"}
    files = {**DOUBLE, **group, "graders/grade.py": HEAD + grader}
    (package,) = load_package(write_package(tmp_path / "double", files))
    judgement = run(package, sandbox)
    assert judgement.verdict is Verdict.IE
    assert [(s.verdict, s.score) for s in judgement.subtasks] == [(Verdict.IE, 0.0), (Verdict.AC, 70.0)]


def test_flag_that_the_comparison_does_not_know_is_our_fault(tmp_path: Path, sandbox: Sandbox) -> None:
    header = "name: Double\nvalidator_flags: float_tolerance much\n"
    (package,) = load_package(write_package(tmp_path / "double", {**PLAIN, "problem.yaml": header}))
    assert first(run(package, sandbox))[0] is Verdict.IE


def test_compiling_a_package_program_is_bounded_too(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {**PLAIN, "problem.yaml": CUSTOM, "output_validators/check.cpp": '#include "/dev/zero"\nint main() {}\n'}
    (package,) = load_package(write_package(tmp_path / "double", files))
    with pytest.raises(PackageError, match=r"^output_validators/check\.cpp: does not compile: "):
        Judge(package.problem, package, stated_limits(package), sandbox)
