"""DMOJ problems: what is read, how it is scored, and the sentence for each thing that cannot be."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from judge import generate, judge, load_package
from judge.errors import PackageError
from judge.judgement import Judgement
from judge.package import Package
from judge.packages import detect
from judge.problem import TaskType
from judge.sandbox import Sandbox
from tests.judge.making import write_package

DATA = {
    "1.in": "1\n", "1.out": "2\n",
    "2.in": "2\n", "2.out": "4\n",
    "3.in": "30\n", "3.out": "60\n",
    "4.in": "400\n", "4.out": "800\n",
}  # fmt: skip
BATCHES = """
test_cases:
- {points: 0, in: 1.in, out: 1.out}
- points: 30
  batched:
  - {in: 2.in, out: 2.out}
  - {in: 3.in, out: 3.out}
- points: 70
  dependencies: [1]
  batched:
  - {in: 4.in, out: 4.out}
"""
CASES = """
points: 5
test_cases:
- {in: 1.in, out: 1.out}
- {in: 2.in, out: 2.out, points: 10}
- {in: 3.in, out: 3.out, points: 20}
"""
RIGHT = "print(2 * int(input()))\n"


def wrong_on(*numbers: int) -> str:
    return f"n = int(input())\nprint(0 if n in {numbers} else 2 * n)\n"


def load_one(folder: Path, config: str, changes: dict[str, str | None] | None = None) -> Package:
    upload = write_package(folder / "double", {"init.yml": config, **DATA, **(changes or {})})
    (package,) = load_package(upload, workspace=folder)
    return package


def run(package: Package, source: str, sandbox: Sandbox) -> Judgement:
    return judge(package, source, language="python3", sandbox=sandbox)


def scores(judgement: Judgement) -> list[float]:
    return [subtask.score for subtask in judgement.subtasks]


def test_batches_with_points_are_subtasks(tmp_path: Path) -> None:
    package = load_one(tmp_path, BATCHES)
    problem = package.problem
    assert (problem.slug, problem.format, problem.task_type) == ("double", "dmoj", TaskType.BATCH)
    assert [(s.index, s.name, s.points, s.testcases, s.contains) for s in problem.subtasks] == [
        (1, "batch 1", 30.0, ("batch1/1", "batch1/2"), ()),
        (2, "batch 2", 70.0, ("batch2/1",), (1,)),
    ]
    assert [group.requires for group in problem.root.groups] == [(), ("all/case1",), ("all/case1", "all/batch1")]
    assert (package.time_limit_s, package.memory_limit_mib, package.recipes) == (None, None, ())
    assert detect(tmp_path / "double") == "dmoj"


@pytest.mark.parametrize(
    ("program", "wanted", "skipped"),
    [
        (RIGHT, [30.0, 70.0], []),
        (wrong_on(1), [0.0, 0.0], ["batch1/1", "batch1/2", "batch2/1"]),
        (wrong_on(2), [0.0, 0.0], ["batch1/2", "batch2/1"]),
        (wrong_on(400), [30.0, 0.0], []),
    ],
)
def test_batches_are_all_or_nothing_and_depend(
    tmp_path: Path, sandbox: Sandbox, program: str, wanted: list[float], skipped: list[str]
) -> None:
    judgement = run(load_one(tmp_path, BATCHES), program, sandbox)
    assert scores(judgement) == wanted
    assert [test.name for test in judgement.testcases if test.verdict == "SK"] == skipped


def test_single_cases_count_by_themselves(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, CASES)
    assert [(s.name, s.points) for s in package.problem.subtasks] == [("all", 35.0)]
    assert scores(run(package, wrong_on(2), sandbox)) == [25.0]


def test_short_circuit_ends_at_the_first_failure(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, f"short_circuit: true{CASES}")
    assert scores(run(package, wrong_on(2), sandbox)) == [5.0]


def test_pretests_come_first_and_have_to_pass(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, f"pretest_test_cases: [{{in: 4.in, out: 4.out}}]{CASES}")
    assert [test.name for test in package.problem.testcases] == ["case1", "case2", "case3", "case4"]
    assert scores(run(package, wrong_on(400), sandbox)) == [0.0]
    assert scores(run(package, RIGHT, sandbox)) == [35.0]


def test_cases_without_points_are_one_subtask(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, "points: 0\ntest_cases:\n- {in: 1.in, out: 1.out}\n- {in: 2.in, out: 2.out}\n")
    assert (package.problem.points, run(package, RIGHT, sandbox).score) == (1.0, 1.0)
    assert run(package, wrong_on(2), sandbox).score == 0.0


def test_single_cases_beside_batches_are_one_subtask(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, f"{BATCHES}- {{in: 3.in, out: 3.out, points: 5}}\n- {{in: 4.in, out: 4.out}}\n")
    assert [(s.name, s.points) for s in package.problem.subtasks] == [
        ("batch 1", 30.0),
        ("batch 2", 70.0),
        ("cases", 6),
    ]
    assert scores(run(package, wrong_on(400), sandbox)) == [30.0, 0.0, 5.0]


def test_tests_are_found_in_the_archive_by_their_names(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "double", {"init.yml": "archive: data.zip\npoints: 10\n"})
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        for name in ("3", "2.1", "2.2", "10"):
            archive.writestr(f"double.{name}.in", "1\r\n")
            archive.writestr(f"double.{name}.out", "2")
    (package,) = load_package(folder, workspace=tmp_path)
    problem = package.problem
    assert [test.name for test in problem.testcases] == ["batch1/1", "batch1/2", "case3", "case4"]
    assert [(s.name, s.points) for s in problem.subtasks] == [("batch 1", 10.0), ("cases", 20.0)]
    answer = problem.testcases[0].answer
    assert package.path(problem.testcases[0].input.digest).read_bytes() == b"1\n"
    assert answer is not None and package.path(answer.digest).read_bytes() == b"2\n"


def test_patterns_of_names_may_be_given(tmp_path: Path) -> None:
    config = "test_cases:\n  input_format: '(?P<case>\\d)\\.in'\n  output_format: '(?P<case>\\d)\\.out'\n"
    package = load_one(tmp_path, f"{config}  case_points: [1, 2, 3, 4]\n")
    assert [group.accept_score for group in package.problem.root.groups] == [1.0, 2.0, 3.0, 4.0]


GENERATOR = "import sys\nn = int(sys.argv[1])\nprint(n)\nprint(2 * n, file=sys.stderr)\n"


def test_generators_make_inputs_and_answers(tmp_path: Path, sandbox: Sandbox) -> None:
    config = "generator: gen.py\ntest_cases:\n- {generator_args: [7]}\n- {generator_args: [8], out: 1.out}\n"
    package = generate(load_one(tmp_path, config, {"gen.py": GENERATOR}), sandbox, tmp_path)
    texts = [package.path(test.input.digest).read_text() for test in package.problem.testcases]
    answers = [package.path(test.answer.digest).read_text() for test in package.problem.testcases if test.answer]
    assert (texts, answers) == (["7\n", "8\n"], ["14\n", "2\n"])


@pytest.mark.parametrize(
    ("checker", "flags"),
    [
        ("floats", ("floats", "6", "default")),
        ("{name: floatsabs, args: {precision: 3}}", ("floats", "3", "absolute")),
        ("{name: floats, args: {error_mode: relative}}", ("floats", "6", "relative")),
        ("unordered", ("sorted", "whitespace")),
        ("sorted", ("sorted", "lines")),
        ("linecount", ("linecount",)),
        ("identical", ("identical",)),
        ("{name: rstripped, args: {filter_new_line: true}}", ("rstripped", "filter")),
        ("{name: linematches, args: {point_distribution: [2, 1]}}", ("linematches", "strict", "2", "1")),
    ],
)
def test_checkers_of_dmoj_are_known(tmp_path: Path, checker: str, flags: tuple[str, ...]) -> None:
    problem = load_one(tmp_path, f"checker: {checker}{CASES}").problem
    assert (problem.checker.program, problem.checker.convention) == (None, "dmoj")
    assert {group.checker_flags for group in problem.root.groups} == {flags}


def test_cases_may_be_checked_differently(tmp_path: Path, sandbox: Sandbox) -> None:
    config = (
        "test_cases:\n- points: 10\n  batched:\n  - {in: 1.in, out: 1.out, checker: easy}\n  - {in: 2.in, out: 2.out}\n"
    )
    package = load_one(tmp_path, config, {"1.out": "ab\n"})
    program = "n = int(input())\nprint('BA' if n == 1 else 2 * n)\n"
    assert scores(run(package, program, sandbox)) == [10.0]


CUSTOM = """
from dmoj.result import CheckerResult
from dmoj.utils.unicode import utf8text

def check(process_output, judge_output, judge_input, point_value, least=0, **kwargs):
    value, wanted = int(utf8text(process_output)), int(judge_output)
    if value == wanted:
        return True
    if value >= least and value == wanted - 1:
        return CheckerResult(True, point_value / 4, "off by one")
    return CheckerResult(False, 0)
"""


def test_checkers_in_python_are_run(tmp_path: Path, sandbox: Sandbox) -> None:
    config = f"checker: {{name: check.py, args: {{least: 3}}}}{CASES}"
    package = load_one(tmp_path, config, {"check.py": CUSTOM})
    judgement = run(package, "n = int(input())\nprint(2 * n - (n != 3))\n", sandbox)
    assert [(str(test.verdict), test.score) for test in judgement.testcases] == [("WA", 0.0), ("PA", 2.5), ("PA", 5.0)]
    assert run(package, RIGHT, sandbox).score == 35.0
    assert [str(test.verdict) for test in run(package, "print('x')\n", sandbox).testcases] == ["IE", "IE", "IE"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from dmoj.executors import executors\ndef check(*a, **k): return True\n",
         "its checker check.py imports dmoj.executors of DMOJ's judge"),
        ("def check(*a, submission_source, **k): return True\n", "its checker check.py looks at more than the output"),
        ("print 'hello'\n", "its checker check.py is not Python 3"),
    ],
)  # fmt: skip
def test_checkers_that_want_more_of_dmoj_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert load_one(tmp_path, f"checker: check.py{CASES}", {"check.py": text}).problem.unjudgeable == reason


BRIDGED = """
import sys
given, output, answer = (open(path).read().split() for path in sys.argv[1:4])
if output == ["some"]:
    print("partial 1/4", file=sys.stderr)
    sys.exit(7)
sys.exit(0 if output == answer else 1)
"""


@pytest.mark.parametrize(("kind", "verdict", "score"), [("coci", "PA", 8.75), ("default", "IE", 0.0)])
def test_bridged_checkers_answer_by_their_type(
    tmp_path: Path, sandbox: Sandbox, kind: str, verdict: str, score: float
) -> None:
    config = f"checker: {{name: bridged, args: {{files: check.py, type: {kind}}}}}{CASES}"
    package = load_one(tmp_path, config, {"check.py": BRIDGED})
    judgement = run(package, "print('some')\n", sandbox)
    assert (str(judgement.verdict), judgement.score) == (verdict, score)
    assert run(package, RIGHT, sandbox).score == 35.0


INTERACTOR = """
import sys
secret = int(open(sys.argv[1]).read())
for turn in range(12):
    guess = int(sys.stdin.readline() or sys.exit(1))
    print("<" if guess < secret else ">" if guess > secret else "=", flush=True)
    if guess == secret:
        sys.exit(0)
sys.exit(1)
"""
GUESS = """
low, high = 0, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    answer = input()
    if answer == "=":
        break
    low, high = (middle + 1, high) if answer == "<" else (low, middle - 1)
"""


def test_interactor_decides(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load_one(tmp_path, f"interactive: {{files: talk.py}}{CASES}", {"talk.py": INTERACTOR})
    assert (package.problem.task_type, package.problem.interaction) == (TaskType.INTERACTIVE, "dmoj")
    assert run(package, GUESS, sandbox).score == 35.0
    assert run(package, "print(2, flush=True)\ninput()\n", sandbox).score == 10.0


ENTRY = '#include "header.h"\n#include <cstdio>\nint main() { int n; scanf("%d", &n); printf("%d\\n", twice(n)); }\n'


def test_signature_grader_is_compiled_with_the_submission(tmp_path: Path, sandbox: Sandbox) -> None:
    config = f"signature_grader: {{entry: handler.cpp, header: header.h}}{CASES}"
    package = load_one(tmp_path, config, {"handler.cpp": ENTRY, "header.h": "#pragma once\nint twice(int);\n"})
    assert package.problem.task_type is TaskType.BATCH_GRADER
    assert judge(package, "int twice(int n) { return 2 * n; }\n", sandbox=sandbox).score == 35.0


def test_limits_and_submissions_are_read_where_given(tmp_path: Path) -> None:
    package = load_one(
        tmp_path,
        f"time_limit: 1.5\nmemory_limit: 262144\nname: Twice{CASES}",
        {
            "tests/right/test.yml": "language: PY3\nsource: right.py\nexpect: AC\n",
            "tests/right/right.py": RIGHT,
            "tests/slow/test.yml": "source: slow.py\nexpect: [TLE, WA]\n",
            "tests/slow/slow.py": RIGHT,
            "statement.md": "Print $2n$.",
        },
    )
    assert (package.time_limit_s, package.memory_limit_mib, package.problem.title) == (1.5, 256, "Twice")
    assert [(program.name, program.expected) for program in package.problem.submissions] == [
        ("tests/right/right.py", "accepted"),
        ("tests/slow/slow.py", "time_limit_exceeded|wrong_answer"),
    ]
    assert [(one.language, one.format) for one in package.problem.statements] == [("en", "markdown")]


def test_word_that_dmoj_does_not_know_is_said(tmp_path: Path) -> None:
    warnings = load_one(tmp_path, f"chekcer: floats\nhints: [unicode]{CASES}").warnings
    assert warnings == (
        'init.yml: the key "chekcer" is not known and has no effect (is it "checker"?)',
        'init.yml: "hints" has no effect here',
    )


def test_arguments_of_a_bridged_checker_that_have_no_effect_are_said(tmp_path: Path) -> None:
    args = "{files: check.py, type: testlib, flags: [-O3], time_limit: 3, feedback: true, treat_points: 1}"
    config = f"checker: {{name: bridged, args: {args}}}{CASES}"
    warnings = load_one(tmp_path, config, {"check.py": BRIDGED}).warnings
    assert warnings == (
        'init.yml: checker: the key "treat_points" is not known and has no effect',
        'init.yml: checker: "flags", "time_limit" have no effect here',
    )
    config = f"checker: {{name: floats, args: {{precison: 3}}}}{CASES}"
    assert load_one(tmp_path / "own", config).warnings == (
        'init.yml: checker floats: the argument "precison" is not known and has no effect (is it "precision"?)',
    )


POINTS = """
import sys
print("points", open(sys.argv[2]).read().strip(), file=sys.stderr)
sys.exit(7)
"""


@pytest.mark.parametrize(
    ("more", "points", "verdict", "score"),
    [
        ("", 5, "PA", 15.0),
        ("", 31, "IE", 0.0),
        (", treat_checker_points_as_percentage: true", 50, "PA", 17.5),
        (", treat_checker_points_as_percentage: true", 101, "IE", 0.0),
    ],
)
def test_points_of_a_testlib_checker_are_within_the_case_s(
    tmp_path: Path, sandbox: Sandbox, more: str, points: int, verdict: str, score: float
) -> None:
    config = f"checker: {{name: bridged, args: {{files: check.py, type: testlib{more}}}}}{CASES}"
    package = load_one(tmp_path, config, {"check.py": POINTS})
    judgement = run(package, f"print({points})\n", sandbox)
    assert (str(judgement.verdict), judgement.score) == (verdict, score)


def test_output_is_limited_as_dmoj_limits_it(tmp_path: Path) -> None:
    assert load_one(tmp_path, f"points: 1{CASES}").output_limit_mib == 24


def test_custom_judge_cannot_be_judged_here(tmp_path: Path) -> None:
    problem = load_one(tmp_path, f"custom_judge: grader.py{CASES}").problem
    assert problem.unjudgeable == "its tests are judged by a program inside DMOJ's judge (custom_judge)"


CASE = "test_cases:\n- {in: 1.in, out: 1.out}\n"
SLOW_PATTERN = "test_cases: {input_format: '(a|aa)+$', output_format: '(?P<case>x)'}\n"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("test_cases: []\n",
         'init.yml: "test_cases" is empty: the problem has no tests'),
        ("test_cases: [1]\n",
         "init.yml: test_cases, 1 is not a mapping of names to values"),
        ("test_cases: 3\n",
         "init.yml: test_cases is not a mapping of names to values"),
        ("- 1\n",
         "init.yml: is not a mapping of names to values"),
        ("test_cases:\n- {in: 9.in, out: 1.out}\n",
         'init.yml: test_cases, 1: "in" names 9.in, which is not in the package'),
        ("test_cases:\n- {in: 1.in, out: ../1.out}\n",
         'init.yml: test_cases, 1: "out" names ../1.out, which leaves the package'),
        ("archive: none.zip\ntest_cases:\n- {in: 1.in}\n",
         'init.yml: "archive" names none.zip, which is not in the package'),
        ("archive: 1.in\ntest_cases:\n- {in: 1.in}\n",
         "1.in: is not a zip file that can be read (File is not a zip file)"),
        ("test_cases:\n- {in: 1.in, points: many}\n",
         "init.yml: \"test_cases, 1: points\" is 'many', not a number"),
        ("test_cases:\n- {in: 1.in, points: -1}\n",
         'init.yml: test_cases, 1: "points" is -1; 0 or more are needed'),
        ("test_cases:\n- {batched: []}\n",
         'init.yml: test_cases, 1: "batched" is not a list of cases'),
        ("test_cases:\n- {batched: [{batched: [{in: 1.in}]}]}\n",
         "init.yml: test_cases, 1, 1: is a batch in a batch"),
        ("test_cases:\n- {dependencies: [1], batched: [{in: 1.in}]}\n",
         'init.yml: test_cases, 1: "dependencies" names batch 1, which is no earlier one'),
        ("test_cases:\n- {dependencies: one, batched: [{in: 1.in}]}\n",
         'init.yml: test_cases, 1: "dependencies" is not a list of numbers of batches'),
        ("test_cases++: |\n  [1]\n",
         "init.yml: 'test_cases++' is Python to be run when the problem is read; write out what it makes"),
        (f"checker: fuzzy\n{CASE}",
         "init.yml: test_cases, 1: \"checker\" is 'fuzzy', which is none of DMOJ's and no file"),
        (f"checker: [floats]\n{CASE}",
         'init.yml: test_cases, 1: "checker" is neither a name nor a name with args'),
        (f"checker: check.py\n{CASE}",
         'init.yml: test_cases, 1: "checker" names check.py, which is not in the package'),
        (f"checker: {{name: floats, args: {{precision: x}}}}\n{CASE}",
         "init.yml: \"checker: precision\" is 'x', not a number"),
        ("generator: gen.cpp\ntest_cases:\n- {points: 1}\n",
         'init.yml: test_cases, 1: "generator" names gen.cpp, which is not in the package'),
        (f"interactive: {{type: testlib}}\n{CASE}",
         'init.yml: interactive: "files" names no files'),
        ("test_cases: {input_format: '('}\n",
         "init.yml: test_cases: a pattern for file names cannot be read"
         " (missing ), unterminated subpattern at position 0)"),
        (f"time_limit: 0\n{CASE}",
         'init.yml: "time_limit" is 0, not above 0 and at most 3600'),
    ],
)  # fmt: skip
def test_bad_problem_gets_one_sentence(tmp_path: Path, config: str, sentence: str) -> None:
    with pytest.raises(PackageError) as caught:
        load_one(tmp_path, config)
    assert str(caught.value) == sentence


def test_pattern_that_takes_for_ever_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judge.packages.matching._MATCHING_S", 1)
    with pytest.raises(PackageError, match="test_cases: a pattern for file names takes too long on them"):
        load_one(tmp_path, SLOW_PATTERN, {"a" * 120 + "b": ""})


def test_checker_without_testlib_says_where_to_add_it(tmp_path: Path) -> None:
    config = f"checker: {{name: bridged, args: {{files: check.cpp, type: testlib}}}}{CASES}"
    with pytest.raises(PackageError) as caught:
        load_one(tmp_path, config, {"check.cpp": '#include "testlib.h"\n'})
    assert str(caught.value) == (
        "check.cpp: includes testlib.h, which is not in the package:"
        " add it as testlib.h beside init.yml and import again"
    )
