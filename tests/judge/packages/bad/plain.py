"""Malformed plain folders of tests."""

from __future__ import annotations

from tests.judge.packages.bad.making import Case, Make, linked, of, piped, several

BASE = {"1.in": "1\n", "1.out": "2\n", "2.in": "5\n", "2.out": "10\n"}
PARTS = {f"subtask{n}/1.{end}": "1\n" for n in (1, 2) for end in ("in", "out")}


def limits(text: str) -> Make:
    """The folder with this limits.txt."""
    return of(BASE, {"limits.txt": text})


PLAIN = [
    Case(
        "missing answer",
        of(BASE, {"2.out": None}),
        "2.in: has no expected output: 2.out or 2.ans or 2.a is missing beside it",
    ),
    Case("two answers", of(BASE, {"2.ans": "10\n"}), "2.in: has two expected outputs: 2.out and 2.ans"),
    Case(
        "input1 without output1",
        of({"input1.txt": "1\n"}),
        "input1.txt: has no expected output: output1.txt is missing beside it",
    ),
    Case("no folder of outputs", of({"in/1": "1\n"}), "in: has no folder of expected outputs beside it (out)"),
    Case(
        "folder of outputs lacks one",
        of({"in/1": "1\n", "in/2": "1\n", "out/1": "1\n"}),
        "in/2: has no expected output: no file of its name is in out",
    ),
    Case("tests beside subtasks", of(BASE, PARTS), "1.in: lies beside the folders of subtasks and belongs to none"),
    Case(
        "limits of another kind",
        limits("speed: 5\n"),
        "limits.txt: line 1 is not one of title, time, memory, points, tolerance with : and a value",
    ),
    Case(
        "limits without a value",
        limits("time:\n"),
        "limits.txt: line 1 is not one of title, time, memory, points, tolerance with : and a value",
    ),
    Case(
        "limits in Latin 1", of(BASE, {"limits.txt": "title: Ü\n".encode("latin-1")}), "limits.txt: is not UTF-8 text"
    ),
    Case("time is a word", limits("time: fast\n"), "limits.txt: \"time\" is 'fast', not a number"),
    Case("time is nan", limits("time: nan\n"), "limits.txt: \"time\" is 'nan', not a number"),
    Case(
        "memory is negative", limits("memory: -1\n"), 'limits.txt: "memory" is -1, not above 0 and at most 1.04858e+06'
    ),
    Case(
        "memory is infinite",
        limits("memory: inf\n"),
        'limits.txt: "memory" is inf, not above 0 and at most 1.04858e+06',
    ),
    Case("tolerance is a word", limits("tolerance: some\n"), "limits.txt: \"tolerance\" is 'some', not a number"),
    Case(
        "points for other subtasks",
        of(PARTS, {"limits.txt": "points: 1 2 3\n"}),
        'limits.txt: "points" are 3 numbers for 2 subtasks',
    ),
    Case(
        "points are words",
        of(PARTS, {"limits.txt": "points: one two\n"}),
        "limits.txt: \"points\" is 'one', not a number",
    ),
    Case("points are negative", of(PARTS, {"limits.txt": "points: -1 2\n"}), 'limits.txt: "points" must be 0 or more'),
    Case(
        "points are nan", of(PARTS, {"limits.txt": "points: nan 2\n"}), "limits.txt: \"points\" is 'nan', not a number"
    ),
    Case(
        "test is a link out",
        of(BASE, {"../outside": "1"}, then=linked("1.in", "../outside")),
        "1.in: is a link that leaves the package",
    ),
    Case("test is a pipe", of(BASE, then=piped("1.in")), "1.in: is not a regular file"),
    Case("answer is a pipe", of(BASE, then=piped("1.out")), "1.out: is not a regular file"),
    Case("two of one name", several(BASE, "a/double", "b/double"), 'b/double: a second problem is called "double"'),
]
