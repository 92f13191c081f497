"""Task types besides batch and interaction: graders, files, output-only. Needs a machine that can isolate programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge import Judge, Judgement, Source, load_package
from judge.errors import PackageError
from judge.outputs import read_outputs
from judge.package import Package, stated_limits
from judge.sandbox import Sandbox
from judge.sandbox.execution import Ending
from judge.verdicts import Verdict
from tests.judge.making import write_package

GRADER = """
#include "double.h"
#include <cstdio>
int main() { long long n; if (scanf("%lld", &n) != 1) return 1; printf("secret\\n%lld\\n", twice(n)); }
"""
PYTHON_GRADER = "from double import twice\nn = int(input())\nprint('secret')\nprint(twice(n))\n"
BEFORE_GRADER = '#include "double.h"\n'
LONG = BEFORE_GRADER + "long long twice(long long n) { return 2 * n; }\n"
SHORT = BEFORE_GRADER + "long long twice(long long n) { return (int)(2u * (unsigned)n); }\n"
#: Half the points for an answer that is one off. CMS's order: input, answer, output.
HALF_CHECKER = """
import sys
given, answer, output = (open(name).read().split() for name in sys.argv[1:4])
off = abs(int(output[-1]) - int(answer[-1])) if output else 9
print({0: 1.0, 1: 0.5}.get(off, 0.0))
print({0: "translate:success", 1: "one off"}.get(off, "translate:wrong"), file=sys.stderr)
"""


def make_cms(folder: Path, *, kind: str = "Batch", parameters: dict[str, str] | None = None, **changes: str) -> Package:
    """A CMS export: 40 points for 1 and 2, 60 for these and 2000000000."""
    named = {f"task_type_parameters_{kind}_{key}": value for key, value in (parameters or {}).items()}
    header = {
        "code": "double",
        "name": "Double it",
        "task_type": kind,
        "time_limit": 2.0,
        "memory_limit": 256 << 20,
        "task_type_params": json.dumps(named),
    }
    files = {
        "problem.json": json.dumps(header),
        "tests/a.in": "1\n",
        "tests/a.out": "secret\n2\n",
        "tests/b.in": "2\n",
        "tests/b.out": "secret\n4\n",
        "tests/c.in": "2000000000\n",
        "tests/c.out": "secret\n4000000000\n",
        "subtasks/01-small.json": json.dumps({"score": 40, "testcases": ["a", "b"]}),
        "subtasks/02-full.json": json.dumps({"score": 60, "testcases": ["a", "b", "c"]}),
        "graders/grader.cpp": GRADER,
        "graders/double.h": "long long twice(long long n);\n",
    }
    return load_package(write_package(folder / "double", {**files, **changes}))[0]


def run(package: Package, source: Source, sandbox: Sandbox) -> Judgement:
    return Judge(package.problem, package, stated_limits(package), sandbox).judge(source)


def scores(judgement: Judgement) -> list[float]:
    return [subtask.score for subtask in judgement.subtasks]


@pytest.mark.parametrize(("source", "wanted"), [(LONG, [40.0, 60.0]), (SHORT, [40.0, 0.0])])
def test_program_without_a_name_is_compiled_with_the_grader(
    tmp_path: Path, sandbox: Sandbox, source: str, wanted: list[float]
) -> None:
    package = make_cms(tmp_path)
    assert scores(run(package, Source.of(source, "cpp"), sandbox)) == wanted
    assert scores(run(package, Source.of(source, "cpp20"), sandbox)) == wanted


def test_grader_in_python_starts_the_program(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, **{"graders/grader.py": PYTHON_GRADER})
    for name in ("solution", "my_own_name.py"):
        judgement = run(package, Source.of("def twice(n):\n    return 2 * n\n", "python3", name=name), sandbox)
        assert judgement.verdict is Verdict.AC


def test_program_in_a_language_without_a_grader_is_not_judged(tmp_path: Path, sandbox: Sandbox) -> None:
    judgement = run(make_cms(tmp_path), Source.of("print(1)\n", "python3"), sandbox)
    assert (judgement.verdict, judgement.compile_message) == (
        Verdict.SK,
        "not judged: the problem has a grader in C++17 only",
    )


def test_compilation_alone_takes_no_grader(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, parameters={"compilation": "alone"})
    judgement = run(package, Source.of("print('secret', 2 * int(input()), sep='\\n')\n", "python3"), sandbox)
    assert judgement.verdict is Verdict.AC


def test_checkers_fraction_scales_the_subtask(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, **{"checker/checker.py": HALF_CHECKER})
    near = BEFORE_GRADER + "long long twice(long long n) { return n > 2 ? 2 * n + 1 : 2 * n; }\n"
    judgement = run(package, Source.of(near, "cpp"), sandbox)
    assert scores(judgement) == [40.0, 30.0]
    assert [test.message for test in judgement.testcases] == ["Output is correct", "Output is correct", "one off"]


@pytest.mark.parametrize("body", ["print('nonsense')", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_broken_checker_is_our_fault(tmp_path: Path, sandbox: Sandbox, body: str) -> None:
    judgement = run(make_cms(tmp_path, **{"checker/checker.py": body}), Source.of(LONG, "cpp"), sandbox)
    assert judgement.verdict is Verdict.IE


def test_output_is_compared_line_by_line_as_in_cms(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, parameters={"compilation": "alone"})
    for printed, verdict in (
        ("'  secret \\t\\n' + str(2 * n) + '\\n\\n  \\n'", Verdict.AC),
        ("'secret ' + str(2 * n)", Verdict.WA),
        ("'Secret\\n' + str(2 * n)", Verdict.WA),
        ("'secret\\n\\n' + str(2 * n)", Verdict.WA),
    ):
        source = f"n = int(input())\nprint({printed})\n"
        assert run(package, Source.of(source, "python3"), sandbox).testcases[0].verdict is verdict, printed


BY_FILES = {"compilation": "alone", "io_0_inputfile": "in.txt", "io_1_outputfile": "out.txt"}


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("n = int(open('in.txt').read()); print(f'secret\\n{2 * n}', file=open('out.txt', 'w'))", Verdict.AC),
        ("print(f'secret\\n{2 * int(input())}')", Verdict.AC),
        ("print(f'secret\\n{2 * int(input())}'); open('out.txt', 'w')", Verdict.WA),
        ("open('input.txt')", Verdict.RE),
        ("open('out.txt', 'w').write('x' * (20 << 20))", Verdict.RE),
        ("while True: pass", Verdict.TLE),
    ],
)
def test_program_may_read_and_write_files(tmp_path: Path, sandbox: Sandbox, source: str, verdict: Verdict) -> None:
    package = make_cms(tmp_path, parameters=BY_FILES)
    assert run(package, Source.of(source, "python3"), sandbox).testcases[0].verdict is verdict


def test_files_of_one_test_are_gone_in_the_next(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, parameters=BY_FILES)
    source = "import os\nassert os.listdir('.') == ['in.txt']\nopen('kept', 'w')\nprint('secret', 2 * int(input()))\n"
    judgement = run(package, Source.of(source, "python3"), sandbox)
    assert {test.ending for test in judgement.testcases} <= {Ending.EXIT, None}
    assert {test.code for test in judgement.testcases} == {0}


OUTPUTS = {"a": "secret\n2", "b": "secret\n4", "c": "secret\n4000000000"}


def test_output_only_takes_a_json_object_or_files(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, kind="OutputOnly")
    files = Source("text", tuple((f"output_{name}.txt", text.encode()) for name, text in OUTPUTS.items()))
    for source in (Source.of(json.dumps(OUTPUTS), "text"), files):
        judgement = run(package, source, sandbox)
        assert (judgement.verdict, scores(judgement)) == (Verdict.AC, [40.0, 60.0])


def test_output_that_is_missing_scores_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, kind="OutputOnly")
    judgement = run(package, Source.of(json.dumps({"a": OUTPUTS["a"], "b": OUTPUTS["b"]}), "text"), sandbox)
    assert scores(judgement) == [40.0, 0.0]
    assert [(str(t.verdict), t.message) for t in judgement.testcases][2] == ("WA", "no output for this test")


@pytest.mark.parametrize("text", ["[1, 2]", '{"a": 5}', "not JSON"])
def test_outputs_that_cannot_be_read_are_wrong_with_the_reason(tmp_path: Path, sandbox: Sandbox, text: str) -> None:
    judgement = run(make_cms(tmp_path, kind="OutputOnly"), Source.of(text, "text"), sandbox)
    assert {judgement.verdict, *(test.verdict for test in judgement.testcases)} == {Verdict.WA}
    assert scores(judgement) == [0.0, 0.0]
    assert "JSON object {test: output}" in judgement.compile_message


def test_outputs_are_matched_by_the_names_of_tests() -> None:
    source = Source("text", (("2.out", b"two"), ("output_1.txt", b"one"), ("notes.txt", b"")))
    assert read_outputs(source, ["secret/1", "secret/2", "secret/3"]) == {"secret/1": b"one", "secret/2": b"two"}
    assert read_outputs(Source.of("plain text", "text"), ["only"]) == {"only": b"plain text"}


def test_task_type_that_is_not_judged_is_refused_with_its_name(tmp_path: Path, sandbox: Sandbox) -> None:
    package = make_cms(tmp_path, kind="TwoSteps")
    with pytest.raises(PackageError, match=r"^double: cannot be judged here: its task type is CMS's TwoSteps$"):
        Judge(package.problem, package, stated_limits(package), sandbox)
