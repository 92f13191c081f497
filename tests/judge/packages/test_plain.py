"""Plain folders of tests: what is read, and the sentence for each thing that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import judge, load_package
from judge.errors import PackageError
from judge.package import Package
from judge.packages import detect
from judge.sandbox import Sandbox
from tests.judge.making import write_package

RIGHT = "print(2 * int(input()))\n"


def load(folder: Path, names: str, **texts: str) -> tuple[Package, ...]:
    """The packages of a folder with these files, each holding its own name, and others with the given texts."""
    files = {name: f"{name}\n" for name in names.split()} | {
        name.replace("_", "."): text for name, text in texts.items()
    }
    return load_package(write_package(folder / "double", files), workspace=folder)


def names(package: Package) -> list[str]:
    return [test.name for test in package.problem.testcases]


@pytest.mark.parametrize(
    ("files", "tests"),
    [
        ("1.in 1.out 10.in 10.out 2.in 2.ans", ["1", "2", "10"]),
        ("tests/1.in tests/1.out", ["1"]),
        ("input1.txt output1.txt input2.txt output2.txt", ["input1", "input2"]),
        ("a_input.txt a_output.txt", ["a_input"]),
        ("in1.txt out1.txt in2 out2", ["in1", "in2"]),
        ("01 01.a 02 02.a", ["01", "02"]),
        ("in/1.txt out/1.txt in/2.txt out/2.txt", ["1", "2"]),
        ("input/a.in output/a.out", ["a"]),
        ("inputs/input3.txt outputs/output3.txt", ["3"]),
        ("data/secret/b.in data/secret/b.out", ["b"]),
    ],
)
def test_tests_are_found_by_their_names(tmp_path: Path, files: str, tests: list[str]) -> None:
    (package,) = load(tmp_path, files)
    assert names(package) == tests
    for test in package.problem.testcases:
        assert test.answer is not None
        given, answer = (package.path(file.digest).read_text() for file in (test.input, test.answer))
        assert given != answer
    assert [(s.points, s.testcases) for s in package.problem.subtasks] == [(1.0, tuple(tests))]
    assert (package.problem.format, detect(tmp_path / "double")) == ("plain", "plain")


def test_folders_of_subtasks_are_subtasks(tmp_path: Path) -> None:
    (package,) = load(
        tmp_path,
        "sample/1.in sample/1.out subtask10/a.in subtask10/a.out"
        " subtask2/1.in subtask2/1.out subtask2/2.in subtask2/2.out",
        limits_txt="title: Double it\ntime: 1.5\nmemory: 64\npoints: 30 70\n",
        statement_md="Print 2n.",
    )
    problem = package.problem
    assert [(s.index, s.name, s.points, s.testcases) for s in problem.subtasks] == [
        (1, "subtask2", 30.0, ("subtask2/1", "subtask2/2")),
        (2, "subtask10", 70.0, ("subtask10/a",)),
    ]
    assert [test.name for test in problem.testcases if test.is_sample] == ["sample/1"]
    assert (problem.title, package.time_limit_s, package.memory_limit_mib) == ("Double it", 1.5, 64)
    assert [one.format for one in problem.statements] == ["markdown"]


def test_subtasks_in_two_folders(tmp_path: Path) -> None:
    (package,) = load(tmp_path, "in/subtask1/1.in out/subtask1/1.out in/subtask2/1.in out/subtask2/1.out")
    assert [(s.name, s.testcases) for s in package.problem.subtasks] == [
        ("subtask1", ("subtask1/1",)),
        ("subtask2", ("subtask2/1",)),
    ]


def test_other_folders_are_problems_of_their_own(tmp_path: Path) -> None:
    packages = load(tmp_path, "b/1.in b/1.out a/tests/1.in a/tests/1.out readme.txt")
    assert [(package.problem.slug, names(package)) for package in packages] == [("a", ["1"]), ("b", ["1"])]


def test_programs_are_judged(tmp_path: Path, sandbox: Sandbox) -> None:
    files = {"sample1.in": "1\n", "sample1.out": "2\n", "subtask1/a.in": "2\n", "subtask1/a.out": "4\n",
             "subtask2/a.in": "30\n", "subtask2/a.out": "60.0000001\n", "limits.txt": "tolerance: 1e-6\n"}  # fmt: skip
    (package,) = load_package(write_package(tmp_path / "double", files), workspace=tmp_path)
    judgement = judge(package, RIGHT, language="python3", sandbox=sandbox)
    assert ([s.score for s in judgement.subtasks], str(judgement.verdict)) == ([1.0, 1.0], "AC")
    small = judge(package, "n = int(input())\nprint(2 * n if n < 9 else 0)\n", language="python3", sandbox=sandbox)
    assert [s.score for s in small.subtasks] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("files", "limits", "sentence"),
    [
        ("1.in 1.out 2.in", "", "2.in: has no expected output: 2.out or 2.ans or 2.a is missing beside it"),
        ("subtask1/1.in", "", "subtask1/1.in: has no expected output: 1.out or 1.ans or 1.a is missing beside it"),
        ("input1.txt", "", "input1.txt: has no expected output: output1.txt is missing beside it"),
        ("in/1 out/1 in/2", "", "in/2: has no expected output: no file of its name is in out"),
        ("in/1.in", "", "in: has no folder of expected outputs beside it (out)"),
        ("1.in 1.out 1.ans", "", "1.in: has two expected outputs: 1.out and 1.ans"),
        ("1.in 1.out subtask1/1.in subtask1/1.out", "",
         "1.in: lies beside the folders of subtasks and belongs to none"),
        ("1.in 1.out", "time 2",
         "limits.txt: line 1 is not one of title, time, memory, points, tolerance with : and a value"),
        ("1.in 1.out", "colour: red",
         "limits.txt: line 1 is not one of title, time, memory, points, tolerance with : and a value"),
        ("1.in 1.out", "time: soon", "limits.txt: \"time\" is 'soon', not a number"),
        ("1.in 1.out", "time: 0", 'limits.txt: "time" is 0, not above 0 and at most 3600'),
        ("1.in 1.out", "points: 30 70", 'limits.txt: "points" are 2 numbers for 1 subtasks'),
        ("1.in 1.out", "points: -1", 'limits.txt: "points" must be 0 or more'),
        ("a/1.in a/1.out b/A/1.in b/A/1.out", "", 'b/A: a second problem is called "a"'),
    ],
)  # fmt: skip
def test_bad_folder_gets_one_sentence(tmp_path: Path, files: str, limits: str, sentence: str) -> None:
    with pytest.raises(PackageError) as caught:
        load(tmp_path, files, **({"limits_txt": limits} if limits else {}))
    assert str(caught.value) == sentence


def test_folder_without_tests_is_no_problem(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="double: is no problem package: this folder holds neither a problem.yaml"):
        load(tmp_path, "notes.txt input.json")
