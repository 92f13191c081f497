"""What a package promises of its own programs, against what they got."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import Judge, load_package
from judge import judgement as judgements
from judge.errors import PackageError
from judge.expectations import mismatches, pattern, promises, words
from judge.grading import SubtaskResult
from judge.judgement import Judgement
from judge.limits import source_of
from judge.packages.expectations import Annotations, read_annotations
from judge.problem import Expectation, Limits, Problem, Program
from judge.sandbox import Sandbox
from judge.verdicts import Verdict
from tests.judge.making import DOUBLE, write_package


def make_problem(folder: Path, **files: str) -> Problem:
    return load_package(write_package(folder / "double", {**DOUBLE, **files}))[0].problem


def make_judgement(problem: Problem, *, first: str = "AC", second: str = "AC", score: float = 100.0) -> Judgement:
    """A judgement whose first and second subtask have these verdicts on their last tests."""
    last = {"secret/group1/b": first, "secret/group2/c": second}
    tests = tuple(judgements.TestcaseResult(t.name, Verdict(last.get(t.name, "AC"))) for t in problem.testcases)
    subtasks = tuple(
        SubtaskResult(s.index, s.name, s.points, s.points * (verdict == "AC"), Verdict(verdict))
        for s, verdict in zip(problem.subtasks, (first, second), strict=True)
    )
    worst = first if first != "AC" else second
    overall = Verdict.AC if score == 100 else Verdict.PA if score else Verdict(worst)
    return Judgement(overall, score, 100.0, "", subtasks, tests)


def make_program(expected: str = "", *rules: Expectation) -> Program:
    return Program("submissions/x/a.cpp", "cpp", (), expected, rules)


def test_program_filed_right_breaks_nothing(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    assert mismatches(make_program("accepted"), make_judgement(problem), problem) == []


def test_program_filed_wrong_is_said(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    judgement = make_judgement(problem, second="WA", score=30)
    assert mismatches(make_program("accepted"), judgement, problem) == ["PA instead of accepted"]
    assert mismatches(make_program("run_time_error|accepted"), judgement, problem) == [
        "PA instead of run_time_error or accepted"
    ]


def test_memory_limit_counts_as_a_crash_where_kattis_knows_no_other(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    judgement = make_judgement(problem, first="MLE", second="MLE", score=0)
    assert mismatches(make_program("run_time_error"), judgement, problem) == []


def test_folder_that_promises_nothing_promises_nothing() -> None:
    assert (promises(make_program("mixed")), promises(make_program("rejected"))) == (False, True)


@pytest.mark.parametrize(
    ("rule", "sentences"),
    [
        (Expectation("secret/group1", permitted=("AC",)), []),
        (Expectation("secret/group2", permitted=("AC",)), ["WA in secret/group2 instead of AC"]),
        (Expectation("secret/group2", required=("WA",)), []),
        (Expectation("secret/group2", required=("TLE", "RTE")), ["no TLE or RTE in secret/group2"]),
        (Expectation("secret/*", permitted=("AC", "TLE")), ["WA in secret/* instead of AC or TLE"]),
        (Expectation("*/group1"), []),
        (Expectation(score=(30, 30)), []),
        (Expectation(score=(40, 60)), ["score 30 instead of 40 to 60"]),
        (Expectation("secret/group1", score=(30, 30)), []),
        (Expectation("secret/group2", score=(70, 70)), ["score 0 in secret/group2 instead of 70"]),
        (Expectation(message="off by"), ["no message with 'off by'"]),
    ],
)
def test_rule_is_held_against_the_tests_it_names(tmp_path: Path, rule: Expectation, sentences: list[str]) -> None:
    problem = make_problem(tmp_path)
    judgement = make_judgement(problem, second="WA", score=30)
    assert mismatches(make_program("", rule), judgement, problem) == sentences


def test_tests_that_were_not_run_break_nothing(tmp_path: Path) -> None:
    problem = make_problem(tmp_path)
    judgement = make_judgement(problem, second="SK", score=30)
    rule = Expectation("secret/group2/c", permitted=("AC",), required=("AC",))
    assert mismatches(make_program("", rule), judgement, problem) == []


@pytest.mark.parametrize(
    ("glob", "name", "is_match"),
    [
        ("accepted/*", "accepted/a.py", True),
        ("accepted/*", "accepted/a/b.py", False),
        ("{simple,complex}.py", "complex.py", True),
        ("a.{py,cpp}", "a.java", False),
        ("a[bc]", "ab", False),
        ("secret/", "secret", True),
    ],
)
def test_globs_are_kattis_globs(glob: str, name: str, is_match: bool) -> None:
    assert (pattern(glob).fullmatch(name) is not None) == is_match


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"// @EXPECTED_GRADES@ AC WA RTE\n", Annotations(grades=("AC", "WA", "RTE"))),
        (b"# @EXPECTED_RESULTS@: WRONG-ANSWER, TIMELIMIT\n", Annotations(("wrong_answer", "time_limit_exceeded"))),
        (b"# @EXPECTED_SCORE@: 37.5\n", Annotations(score=(37.5, 37.5))),
        (b"# @EXPECTED_SCORE@ [20, 40]\n", Annotations(score=(20, 40))),
        (b"# @EXPECTED_SCORE@: 20-40\n", Annotations(score=(20, 40))),
        (b"int main() {}\n", Annotations()),
    ],
)
def test_annotations_are_read(text: bytes, found: Annotations) -> None:
    assert read_annotations(text) == found


def test_grades_and_score_become_rules(tmp_path: Path) -> None:
    text = "// @EXPECTED_GRADES@ AC WA\n// @EXPECTED_SCORE@: 30\nint main() {}\n"
    problem = make_problem(tmp_path, **{"submissions/partially_accepted/int.cpp": text})
    program = problem.submissions[1]
    assert program.expectations == (
        Expectation("secret/group1", permitted=("AC",)),
        Expectation("secret/group2", required=("WA",)),
        Expectation(score=(30, 30)),
    )
    assert words(program) == "partially_accepted; secret/group1: only AC; secret/group2: some WA; score 30"


def test_grades_of_another_number_of_groups_are_left_aside_and_said(tmp_path: Path) -> None:
    files = {**DOUBLE, "submissions/accepted/long.cpp": "// @EXPECTED_GRADES@ AC\nint main() {}\n"}
    (package,) = load_package(write_package(tmp_path / "double", files))
    assert (package.problem.submissions[0].expectations, package.warnings) == (
        (),
        ("submissions/accepted/long.cpp: its @EXPECTED_GRADES@ names 1 groups, the problem has 2: left aside",),
    )


RULES = """
accepted/*:
  use_for_time_limit: false
partially_accepted:
  score: [30, 50]
"mixed/{a,b}.py":
  language: python3
  permitted: [AC, WA]
  secret/group1:
    permitted: [AC]
time_limit_exceeded:
  permitted: [AC, WA, TLE]
"""


def test_submissions_yaml_is_read(tmp_path: Path) -> None:
    problem = make_problem(
        tmp_path,
        **{
            "submissions/submissions.yaml": RULES,
            "submissions/mixed/a.py": "print(1)\n",
            "submissions/mixed/c.py": "print(1)\n",
            "submissions/time_limit_exceeded/slow.py": "print(1)\n",
        },
    )
    found = {program.name.removeprefix("submissions/"): program for program in problem.submissions}
    assert found["accepted/long.cpp"].expectations == (Expectation(bounds_time=False),)
    assert found["partially_accepted/int.cpp"].expectations == (Expectation(score=(30, 50)),)
    assert found["mixed/a.py"].expectations == (
        Expectation(permitted=("AC", "WA")),
        Expectation("secret/group1", permitted=("AC",)),
    )
    assert found["mixed/c.py"].expectations == ()
    slow = found["time_limit_exceeded/slow.py"]
    assert (slow.expected, slow.expectations) == (
        "",
        (Expectation(permitted=("AC", "WA", "TLE"), required=("TLE",)),),
    )
    assert Problem.from_manifest(problem.to_manifest()) == problem


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("accepted: 3\n", '"accepted" is not a mapping'),
        ("accepted:\n  permitted: [OK]\n", "\"accepted: permitted\" has 'OK', none of AC, RTE, TLE, WA"),
        ("accepted:\n  tests:\n    permitted: [AC]\n",
         '"accepted: tests" is neither a known key nor rules for tests of sample or secret'),
        ("accepted:\n  secret:\n    points: 3\n", '"accepted: secret: points" is no known key'),
        ("accepted:\n  score: [3]\n", '"accepted: score" is [3], neither a number nor two'),
        ("accepted:\n  score: [3, 1]\n", '"accepted: score" is [3, 1]: its first number is the larger one'),
        ("accepted:\n  use_for_time_limit: maybe\n",
         "\"accepted: use_for_time_limit\" is 'maybe', neither false, lower nor upper"),
        ("accepted:\n  entrypoint: other\n",
         "\"accepted: entrypoint\" is 'other', no file of submissions/accepted/long.cpp"),
    ],
)  # fmt: skip
def test_broken_submissions_yaml_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(PackageError) as caught:
        make_problem(tmp_path, **{"submissions/submissions.yaml": text})
    assert str(caught.value) == f"submissions/submissions.yaml: {sentence}"


def test_references_of_a_package_keep_its_promises(tmp_path: Path, sandbox: Sandbox) -> None:
    rules = "partially_accepted/int.cpp:\n  score: 30\n  secret/group2:\n    required: [WA]\n"
    files = {**DOUBLE, "submissions/submissions.yaml": rules}
    (package,) = load_package(write_package(tmp_path / "double", files))
    judge = Judge(package.problem, package, Limits(2.0), sandbox)
    for program in package.problem.submissions:
        assert mismatches(program, judge.judge(source_of(program, package)), package.problem) == []
