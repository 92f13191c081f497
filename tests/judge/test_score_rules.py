"""Score rules on small packages, from the checker's fractions to the points: reckoned by hand, rule by rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from judge import Judge, Judgement, Source, load_package
from judge.package import Package, stated_limits
from judge.sandbox import Sandbox
from judge.verdicts import Verdict
from tests.judge.making import DOUBLE, write_package

AC, PA, WA, SK = Verdict.AC, Verdict.PA, Verdict.WA, Verdict.SK
#: Gives the fraction that the program printed, as CMS wants it.
CHECKER = """#include <cstdio>
int main(int, char **argv) {
  double fraction = 0;
  if (std::fscanf(std::fopen(argv[3], "r"), "%lf", &fraction) != 1) return 1;
  std::printf("%g\\n", fraction);
  std::fprintf(stderr, "as asked\\n");
}
"""
TESTS = {"full": "1", "half": "0.5", "quarter": "0.25", "none": "0"}


def judged(package: Package, source: str, sandbox: Sandbox) -> Judgement:
    return Judge(package.problem, package, stated_limits(package), sandbox).judge(Source.of(source, "python3"))


@pytest.mark.parametrize(
    ("kind", "tests", "score", "verdict"),
    [
        ("GroupMin", "full half", 20.0, PA),
        ("GroupMin", "half none quarter", 0.0, WA),
        ("GroupMul", "half quarter", 5.0, PA),
        ("GroupMul", "full", 40.0, AC),
        ("GroupMul", "half none", 0.0, WA),
        ("Sum", "full half none quarter", 17.5, PA),
        ("GroupThreshold", "half quarter", 40.0, AC),
        ("GroupThreshold", "quarter full", 0.0, WA),
        ("GroupThreshold", "quarter none", 0.0, WA),
    ],
)
def test_cms_rules_make_points_of_fractions(
    tmp_path: Path, sandbox: Sandbox, kind: str, tests: str, score: float, verdict: Verdict
) -> None:
    parameters = {"task_type_parameters_Batch_compilation": "alone"}
    header = {"code": "echo", "name": "Echo", "task_type": "Batch", "time_limit": 2.0, "memory_limit": 256 << 20}
    subtask = {"score": 40, "testcases": tests.split(), "score_type": kind, "threshold": 0.5}
    files = {
        "problem.json": json.dumps({**header, "task_type_params": json.dumps(parameters)}),
        "checker/checker.cpp": CHECKER,
        "subtasks/01-one.json": json.dumps(subtask),
        "subtasks/02-rest.json": json.dumps({"score": 60, "testcases": ["none"]}),
        **{f"tests/{name}.in": f"{fraction}\n" for name, fraction in TESTS.items()},
        **{f"tests/{name}.out": "1\n" for name in TESTS},
    }
    (package,) = load_package(write_package(tmp_path / "echo", files))
    judgement = judged(package, "print(input())\n", sandbox)
    unused = len(set(TESTS) - {"none", *tests.split()})
    said = f"{unused} of the 4 tests count in no subtask; programs are not run on them"
    assert package.warnings == ((said,) if unused else ())
    assert [test.verdict for test in judgement.testcases].count(SK) >= unused
    one, rest = judgement.subtasks
    assert (one.score, one.verdict) == (pytest.approx(score), verdict)
    assert (rest.score, rest.verdict, judgement.score) == (0.0, WA, pytest.approx(score))


#: Ten points for each accepted test, whatever the others are; what it was told goes by.
GRADER = """import sys
grades = [line.split() for line in sys.stdin]
assert {grade[0] for grade in grades} <= {"AC", "WA"} and all(float(grade[1]) >= 0 for grade in grades)
print("AC", 10 * sum(grade[0] == "AC" for grade in grades))
"""


def test_custom_grader_decides_over_rejected_tests(tmp_path: Path, sandbox: Sandbox) -> None:
    changes = {
        "data/secret/group1/testdata.yaml": "on_reject: continue\nrange: 0 20\ngrading: custom\n",
        "graders/grade.py": GRADER,
    }
    (package,) = load_package(write_package(tmp_path / "double", {**DOUBLE, **changes}))
    found = {}
    for name, source in {
        "all": "print(2 * int(input()))",
        "one": "n = int(input())\nprint(4 if n != 1 else 2)",
    }.items():
        judgement = judged(package, source, sandbox)
        found[name] = [(subtask.score, subtask.verdict) for subtask in judgement.subtasks] + [judgement.score]
    assert found == {"all": [(20.0, AC), (70.0, AC), 90.0], "one": [(10.0, PA), (0.0, WA), 10.0]}
