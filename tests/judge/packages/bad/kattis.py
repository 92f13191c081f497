"""Malformed Kattis packages."""

from __future__ import annotations

import os
from pathlib import Path

from tests.judge.making import DOUBLE, PLAIN
from tests.judge.packages.bad.making import Case, Make, both, in_latin, linked, of, one_file, piped, several, write

LAUGHS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'lol'}]\n" for i in range(12))
DIGITS = "0x" + "f" * 100_000
LOOPS = {f"data/secret/{folder}/1.{end}": "1\n" for folder in "ab" for end in ("in", "ans")}


def header(text: str | bytes) -> Make:
    """The pass-fail package with this problem.yaml."""
    return of(PLAIN, {"problem.yaml": text})


def group(text: str, name: str = "data/secret/group1/testdata.yaml") -> Make:
    """The scoring package with this testdata.yaml."""
    return of(DOUBLE, {name: text})


def bush(folder: Path) -> None:
    """Twelve folders, each with two links to the next: 2^12 ways through them."""
    for depth in range(12):
        place = folder / f"submissions/accepted/d{depth}"
        place.mkdir(parents=True)
        for side in "ab" if depth < 11 else "":
            (place / side).symlink_to(f"../d{depth + 1}")


KATTIS = [
    Case(
        "missing answer",
        of(DOUBLE, {"data/secret/group1/a.ans": None}),
        "data/secret/group1/a.in: has no expected output: a.ans is missing beside it",
    ),
    Case(
        "answer without input",
        of(PLAIN, {"data/secret/9.ans": "1\n"}),
        "data/secret/9.ans: has no input: 9.in is missing beside it",
    ),
    Case("no tests", of({"problem.yaml": "name: x\n"}), "data: is missing: the package has no tests"),
    Case(
        "empty data",
        of({"problem.yaml": "name: x\n"}, then=lambda folder: (folder / "data").mkdir()),
        "data: holds no tests (no file ends in .in)",
    ),
    Case(
        "data is a file", of({"problem.yaml": "name: x\n", "data": "x"}), "data: is missing: the package has no tests"
    ),
    Case(
        "yaml is cut off",
        header("type: [scoring\n"),
        "problem.yaml: is not valid YAML at line 2 (expected ',' or ']', but got '<stream end>')",
    ),
    Case(
        "yaml with a tab",
        header("limits:\n\tmemory: 5\n"),
        "problem.yaml: is not valid YAML at line 2 (found character '\\t' that cannot start any token)",
    ),
    Case("yaml is a list", header("- a\n"), "problem.yaml: is not a mapping of names to values"),
    Case("yaml is a number", header("5\n"), "problem.yaml: is not a mapping of names to values"),
    Case(
        "yaml of two documents",
        header("name: a\n---\nname: b\n"),
        "problem.yaml: is not valid YAML at line 2 (but found another document)",
    ),
    Case(
        "yaml that makes objects",
        header("name: !!python/object/apply:os.system [id]\n"),
        "problem.yaml: is not valid YAML at line 1 (could not determine a constructor …",
    ),
    Case(
        "yaml of aliases",
        header(LAUGHS + "name: *a11\n"),
        "problem.yaml: is not valid YAML at line 3 (more than 16 aliases)",
    ),
    Case("yaml of brackets", header("name: " + "[" * 3000 + "]" * 3000), "problem.yaml: is not valid YAML"),
    Case("yaml of 300 kB", header("name: " + "x" * 300_000), "problem.yaml: is larger than 256 KiB"),
    Case("yaml of a million lines", header("a:\n" * (1 << 20)), "problem.yaml: is larger than 256 KiB"),
    Case("yaml with a zero", header(b"name: a\0b\n"), "problem.yaml: is not valid YAML"),
    Case("yaml in Latin 1", header("name: Ü\n".encode("latin-1")), "problem.yaml: is not UTF-8 text"),
    Case("yaml in UTF-16", header("name: x\n".encode("utf-16")), "problem.yaml: is not UTF-8 text"),
    Case("yaml of numbers", header("1: 2\n"), "problem.yaml: is not a mapping of names to values"),
    Case(
        "yaml with a list as a key",
        header("? [a]\n: 1\n"),
        "problem.yaml: is not valid YAML at line 1 (found unhashable key)",
    ),
    Case("unknown type", header("type: funny\n"), "problem.yaml: \"type\" has an unknown word 'funny'"),
    Case("type is a number", header("type: 5\n"), "problem.yaml: \"type\" has an unknown word '5'"),
    Case(
        "name is a list",
        header("name: [[a], b]\n"),
        'problem.yaml: "name" is neither text nor a mapping of languages to texts',
    ),
    Case(
        "lone surrogate in the name",
        header('name: "\\ud800"\n'),
        "double: a name or text of it holds half a character (a lone surrogate)",
    ),
    Case("zero in a flag", header('validator_flags: "\\0"\n'), "double: a name or text of it holds a zero character"),
    Case("limits are a list", header("limits: [1]\n"), 'problem.yaml: "limits" is not a mapping'),
    Case(
        "memory is a word",
        header("limits: {memory: much}\n"),
        "problem.yaml: \"limits: memory\" is 'much', not a number",
    ),
    Case(
        "memory is negative",
        header("limits: {memory: -5}\n"),
        'problem.yaml: "limits: memory" is -5, not a number of MiB from 1 to 2147483647',
    ),
    Case("memory is nan", header("limits: {memory: .nan}\n"), 'problem.yaml: "limits: memory" is nan, not a number'),
    Case(
        "memory has 100,000 digits",
        header("limits: {memory: " + DIGITS + "}"),
        "problem.yaml: is not valid YAML at line 1 (a number of too many digits)",
    ),
    Case(
        "time limit is infinite",
        header("limits: {time_limit: .inf}\n"),
        'problem.yaml: "limits: time_limit" is inf, not a time in seconds between 0 and 3600',
    ),
    Case(
        "time limit is yes",
        header("limits: {time_limit: yes}\n"),
        'problem.yaml: "limits: time_limit" is True, not a number',
    ),
    Case(
        "time limit of a dotfile is a word",
        of(PLAIN, {".timelimit": "long\n"}),
        ".timelimit: \"time limit\" is 'long', not a number",
    ),
    Case("ini file is none", of(PLAIN, {"domjudge-problem.ini": "[[[\n"}), "domjudge-problem.ini: is not an ini file"),
    Case(
        "multiplier is huge",
        header("limits: {time_multiplier: 1.0e+308}\n"),
        'problem.yaml: "limits: time_multiplier" must be above 0 and at most 100',
    ),
    Case("unknown validation", header("validation: wild\n"), "problem.yaml: \"validation\" has an unknown word 'wild'"),
    Case(
        "custom without validator",
        header("validation: custom\n"),
        "output_validators: is missing, but problem.yaml asks for a custom validator",
    ),
    Case(
        "points are missing",
        group("on_reject: break\n", "data/secret/group2/testdata.yaml"),
        "data/secret/group2/testdata.yaml: the points of this subtask are missing: …",
    ),
    Case(
        "points are a word",
        group("accept_score: ten\n"),
        "data/secret/group1/testdata.yaml: \"accept_score\" is 'ten', not a number",
    ),
    Case(
        "points are negative",
        group("accept_score: -10\n"),
        "data/secret/group1/testdata.yaml: the points of this subtask are -20; 0 or more are needed",
    ),
    Case(
        "points are nan",
        group("accept_score: .nan\n"),
        'data/secret/group1/testdata.yaml: "accept_score" is nan, not a number',
    ),
    Case(
        "points are infinite",
        group("accept_score: .inf\n"),
        "data/secret/group1/testdata.yaml: the points of this subtask are inf; 0 or more are needed",
    ),
    Case(
        "points are a list",
        group("accept_score: [1]\n"),
        'data/secret/group1/testdata.yaml: "accept_score" is [1], not a number',
    ),
    Case(
        "points add up to too much",
        group("accept_score: 1.0e+300\n"),
        "double: its points are 2e+300 together, not a number from 0 to 1e+09",
    ),
    Case("range of one number", group("range: 0\n"), 'data/secret/group1/testdata.yaml: "range" is 0, not two numbers'),
    Case(
        "range upside down",
        group("range: 9 0\n"),
        "data/secret/group1/testdata.yaml: \"range\" is '9 0': its first number is the larger one",
    ),
    Case(
        "unknown on_reject",
        group("on_reject: stop\n"),
        "data/secret/group1/testdata.yaml: \"on_reject\" is 'stop', neither break nor continue",
    ),
    Case(
        "unknown grading",
        group("grading: wild\n"),
        "data/secret/group1/testdata.yaml: \"grading\" is 'wild', neither default nor custom",
    ),
    Case(
        "custom grading without grader",
        group("grading: custom\n"),
        "data/secret/group1/testdata.yaml: asks for a custom grader, but the package has no graders folder",
    ),
    Case(
        "group's yaml is a list",
        group("- 1\n"),
        "data/secret/group1/testdata.yaml: is not a mapping of names to values",
    ),
    Case(
        "group without tests",
        group("range: 0 5\n", "data/secret/group3/testdata.yaml"),
        "data/secret/group3: is a test group without tests",
    ),
    Case(
        "tests beside groups",
        of(DOUBLE, {"data/secret/x.in": "1\n", "data/secret/x.ans": "2\n"}),
        "data/secret: holds tests beside test groups; they would belong to no subtask",
    ),
    Case("two of one name", several(PLAIN, "a/double", "b/double"), 'b/double: a second problem is called "double"'),
    Case("two that differ by case", several(PLAIN, "double", "Double"), 'double: a second problem is called "double"'),
    Case(
        "one of two is broken",
        several(PLAIN, "a", changes={"b/problem.yaml": "name: x\n"}),
        "b/data: is missing: the package has no tests",
    ),
    Case(
        "folder of nothing", of({"readme.txt": "hello\n"}), "double: is no problem package: this folder holds neither …"
    ),
    Case(
        "file of nothing",
        one_file("double.txt", "hello\n"),
        "double.txt: is no problem package: this file holds neither …",
    ),
    Case("nothing there", lambda folder: folder / "absent", "absent: does not exist"),
]

LINKS = [
    Case(
        "link out",
        of(PLAIN, {"../outside": "x\n"}, then=linked("data/secret/1.in", "../../../outside")),
        "data/secret/1.in: is a link that leaves the package",
    ),
    Case(
        "absolute link",
        of(PLAIN, then=linked("data/secret/1.in", "/etc/hostname")),
        "data/secret/1.in: is a link that leaves the package",
    ),
    Case(
        "link to itself",
        of(PLAIN, then=linked("data/secret/1.in", "1.in")),
        "data/secret/1.in: is a link that leads back to itself",
    ),
    Case(
        "link to nowhere",
        of(PLAIN, then=linked("data/secret/1.in", "gone")),
        "data/secret/1.in: is a link that leads nowhere",
    ),
    Case(
        "link to its own folder",
        of(PLAIN, then=linked("data/secret/loop", "..")),
        "data/secret/loop: is a link that leads back to itself",
    ),
    Case(
        "links to each other's folders",
        of(PLAIN, LOOPS, then=both(linked("data/secret/a/x", "../b"), linked("data/secret/b/y", "../a"))),
        "data/secret/a/x/y: is a link that leads back to itself",
    ),
    Case(
        "links to folders of links",
        of(PLAIN, then=bush),
        "submissions/accepted/d0/a/a/a/b/a/a/b/a/a: is one of more than 300 links to folders",
    ),
    Case(
        "statement is a link out",
        of(PLAIN, then=linked("problem_statement/problem.en.tex", "/etc/hostname")),
        "problem_statement/problem.en.tex: is a link that leaves the package",
    ),
    Case(
        "header is a link out",
        of(PLAIN, {"../h.yaml": "name: x\n"}, then=linked("problem.yaml", "../h.yaml")),
        "problem.yaml: is a link that leaves the package",
    ),
    Case(
        "link as text, out",
        of(PLAIN, {"../o.in": "x\n", "data/secret/1.in": "../../../o.in"}),
        "data/secret/1.in: is a link that leaves the package",
    ),
    Case("test is a pipe", of(PLAIN, then=piped("data/secret/1.in")), "data/secret/1.in: is not a regular file"),
    Case("answer is a pipe", of(PLAIN, then=piped("data/secret/1.ans")), "data/secret/1.ans: is not a regular file"),
    Case(
        "answer is a folder",
        of(PLAIN, {"data/secret/1.ans": None, "data/secret/1.ans/x": "1"}),
        "data/secret/1.ans: is not a regular file",
    ),
    Case(
        "test is a socket",
        of(PLAIN, then=lambda folder: os.mknod(folder / "data/secret/s.in", 0o140644)),
        "data/secret/s.in: is not a regular file",
    ),
    Case(
        "statement is a pipe",
        of(DOUBLE, then=piped("problem_statement/problem.en.tex")),
        "problem_statement/problem.en.tex: is not a regular file",
    ),
    Case(
        "submission is a pipe",
        of(DOUBLE, then=piped("submissions/accepted/long.cpp")),
        "submissions/accepted/long.cpp: is not a regular file",
    ),
    Case(
        "group's yaml is a pipe",
        of(DOUBLE, then=piped("data/secret/group1/testdata.yaml")),
        "data/secret/group1/testdata.yaml: is not a regular file",
    ),
    Case(
        "name in Latin 1",
        of(PLAIN, then=in_latin(b"data/secret/\xfc.in", b"data/secret/\xfc.ans")),
        "data/secret/�.ans: has a name that is not UTF-8 text",
    ),
    Case(
        "folder in Latin 1",
        lambda folder: write(Path(os.fsdecode(os.fsencode(folder) + b"/\xfc")), {"problem.yaml": ""}),
        "data: is missing: the package has no tests",
    ),
]
