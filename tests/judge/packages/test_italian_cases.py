"""Task-maker's gen/cases.gen: tests of several generators, constraints, validators of subtasks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import generate, load_package
from judge.errors import PackageError
from judge.package import Package
from judge.sandbox import Sandbox
from judge.validating import check_inputs
from tests.judge.making import write_package

CASES = """\
# a comment
: GEN default gen/one.py N seed
:GEN pair gen/two.py
: VAL default gen/any.py
: VAL small gen/small.py $ST_NAME $INPUT $ST_NUM
: CONSTRAINT 1 <= $N <= 1000

: SUBTASK 0 examples
: COPY gen/first.txt
: SUBTASK 40 at most ten  # which is its name, too
: VAL small
: CONSTRAINT $N < 11
5 1
10 2 # the largest
: RUN pair 'a b' 3
: SUBTASK 60
:STDEP atmostten
1000 3
: GEN pair
"x y" 7
"""
FILES = {
    "task.yaml": "name: double\n",
    "gen/cases.gen": CASES,
    "gen/one.py": "import sys\nprint(sys.argv[1])\n",
    "gen/two.py": "import sys\nassert len(sys.argv) == 3 and ' ' in sys.argv[1]\nprint(sys.argv[2])\n",
    "gen/any.py": "import sys\nassert 1 <= int(open(sys.argv[1]).read()) <= 1000 and sys.argv[2] in '02'\n",
    "gen/small.py": (
        "import sys\nname, path, number = sys.argv[1:]\nassert (name, number) == ('atmostten', '1')\n"
        "assert int(open(path).read()) <= 10\n"
    ),
    "gen/first.txt": "1\n",
    "sol/solution.py": "print(2 * int(input()))\n",
}


def load(folder: Path, **changes: str | None) -> Package:
    return load_package(write_package(folder / "double", {**FILES, **changes}))[0]


def test_tests_are_made_by_their_generators(tmp_path: Path, sandbox: Sandbox) -> None:
    package = generate(load(tmp_path), sandbox, tmp_path)
    problem = package.problem
    inputs = {test.name: package.path(test.input.digest).read_text().strip() for test in problem.testcases}
    assert list(inputs.values()) == ["1", "5", "10", "3", "1000", "7"]
    assert [(s.name, s.points, [inputs[name] for name in s.testcases], s.contains) for s in problem.subtasks] == [
        ("atmostten", 40.0, ["5", "10", "3"], ()),
        ("subtask2", 60.0, ["5", "10", "3", "1000", "7"], (1,)),
    ]
    assert [test.name for test in problem.testcases if test.is_sample] == ["input0"]
    check_inputs(problem, package, sandbox)


def test_validator_of_a_subtask_is_asked(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, **{"gen/cases.gen": CASES.replace("pair 'a b' 3", "pair 'a b' 11")})
    with pytest.raises(PackageError, match=r"^gen/small.py: rejects the input of the test input3"):
        generate(package, sandbox, tmp_path)


def test_list_stands_for_task_makers_other_one(tmp_path: Path) -> None:
    assert load(tmp_path, **{"gen/GEN": "#ST: 100\n1\n"}).problem.points == 100.0
    assert len(load(tmp_path / "again", **{"gen/GEN": "#ST: 100\n1\n"}).problem.testcases) == 6


def test_tests_that_are_there_are_taken(tmp_path: Path) -> None:
    made = {f"{kind}put/{kind}put{n}.txt": f"{n}\n" for n in range(6) for kind in ("in", "out")}
    package = load(tmp_path, **made)
    assert package.recipes == ()
    assert [len(subtask.testcases) for subtask in package.problem.subtasks] == [3, 5]


def test_without_a_validator_nothing_is_asked(tmp_path: Path, sandbox: Sandbox) -> None:
    cases = ":GEN a gen/one.py\n:SUBTASK 100\n5\n"
    package = generate(load(tmp_path, **{"gen/cases.gen": cases}), sandbox, tmp_path)
    assert package.problem.validators == ()
    check_inputs(package.problem, package, sandbox)


HEAD = ":GEN g gen/one.py N\n"
BAD = {
    "nothing": ("# no line\n", "gen/cases.gen: names no tests"),
    "command": (":TEST 1\n", 'line 1: "TEST" is not known; GEN, VAL, CONSTRAINT, SUBTASK, STDEP, COPY and RUN are'),
    "test before": (f"{HEAD}5\n", "line 2: a test stands before the first SUBTASK"),
    "run before": (f"{HEAD}:RUN g 5\n", "line 2: a test stands before the first SUBTASK"),
    "copy before": (":COPY gen/first.txt\n", "line 1: a test stands before the first SUBTASK"),
    "run of nothing": (f"{HEAD}:SUBTASK 1\n:RUN g\n", "line 3: RUN needs a generator and what it is called with"),
    "run of another": (f"{HEAD}:SUBTASK 1\n:RUN h 1\n", 'line 3: no generator called "h" is introduced above'),
    "absent": (":GEN g gen/zero.py\n", 'line 1: the generator "gen/zero.py" is not in the package'),
    "language": (":VAL v gen/first.txt\n", 'line 1: the validator "gen/first.txt" is in a language that does not run'),
    "twice": (HEAD + HEAD, 'line 2: a second generator is called "g"'),
    "taken before": (f"{HEAD}:GEN g\n", 'line 2: no generator called "g" can be taken before the first SUBTASK'),
    "taken unknown": (":SUBTASK 1\n:VAL v\n", 'line 2: no validator called "v" is introduced above'),
    "points": (":SUBTASK many\n", "line 1: \"SUBTASK\" is 'many', not a number"),
    "negative": (":SUBTASK -3\n", 'line 1: "SUBTASK" is -3; a number of at least 0 is needed'),
    "copy": (":SUBTASK 1\n:COPY gen/second.txt\n", 'line 2: COPY names the file "gen/second.txt", which is not in the'),
    "copy nothing": (":SUBTASK 1\n:COPY\n", "line 2: COPY names no file"),
    "quote": (f"{HEAD}:SUBTASK 1\n'5\n", "line 3: cannot be read (No closing quotation)"),
    "empty": (f"{HEAD}:SUBTASK 1\n:SUBTASK 2\n5\n", "line 2: this subtask has no tests"),
    "name": (f"{HEAD}:SUBTASK 1 a\n5\n:SUBTASK 2 a\n6\n", 'line 4: a second subtask is called "a"'),
    "dependency": (f"{HEAD}:SUBTASK 1\n:STDEP b\n5\n", 'line 2: the subtask depends on "b", which is no subtask'),
    "broken": (f"{HEAD}:CONSTRAINT 1<= $N <=9\n:SUBTASK 1\n10\n", "breaks the constraint 1 <= $N <= 9 ($N = 10)"),
    "broken equality": (f"{HEAD}:SUBTASK 1\n:CONSTRAINT $N = 5 = $ST_NUM\n5\n", "line 4: the test breaks the"),
    "half": (":CONSTRAINT 1 <=\n", 'line 1: "1 <=" is no constraint: an inequality of whole numbers and $parameters'),
    "two operands": (":CONSTRAINT 1 2 <= 3\n", 'line 1: "1 2 <= 3" is no constraint'),
    "word": (":CONSTRAINT 1 <= N\n", 'line 1: "1 <= N" is no constraint'),
    "direction": (":CONSTRAINT 1 < $N > 3\n", 'line 1: "1 < $N > 3" is no constraint: its signs do not point one way'),
    "argument": (
        f"{HEAD}:VAL v gen/any.py $INPUT $N\n:SUBTASK 1 a\n5\n",
        "line 3: validators cannot be called with $N here, only with $INPUT, $ST_NUM, $ST_NAME",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_list_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    cases, message = BAD[name]
    with pytest.raises(PackageError) as refusal:
        load(tmp_path, **{"gen/cases.gen": cases})
    assert message in str(refusal.value)


def test_constraint_of_what_is_not_given_is_not_asked(tmp_path: Path) -> None:
    cases = f"{HEAD}:CONSTRAINT $M <= $N <= 3\n:CONSTRAINT $N <= 3\n:SUBTASK 1\n95%\n:CONSTRAINT 3 >= $N = $N\n2\n"
    assert len(load(tmp_path, **{"gen/cases.gen": cases}).recipes) == 2
