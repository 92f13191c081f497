"""Malformed DMOJ problems."""

from __future__ import annotations

from tests.judge.packages.bad.making import Case, Files, Make, linked, of, one_file, piped, several, zipped

CASES = "test_cases:\n- {in: 1.in, out: 1.out, points: 40}\n- {in: 2.in, out: 2.out, points: 60}\n"
BASE = {"init.yml": CASES, "1.in": "1\n", "1.out": "2\n", "2.in": "5\n", "2.out": "10\n"}
DIGITS = "0x" + "f" * 100_000


def init(text: str, files: Files | None = None) -> Make:
    """The problem with this init.yml, and these files."""
    return of(BASE, {"init.yml": text, **(files or {})})


def also(text: str, files: Files | None = None) -> Make:
    """The problem with this beside its two cases."""
    return init(CASES + text, files)


DMOJ = [
    Case(
        "yaml is cut off",
        init("test_cases: [\n"),
        "init.yml: is not valid YAML at line 2 (expected the node content, but found '<stream end>')",
    ),
    Case("yaml is a list", init("- 1\n"), "init.yml: is not a mapping of names to values"),
    Case("cases are a text", init("test_cases: all\n"), "init.yml: test_cases is not a mapping of names to values"),
    Case("case is a number", init("test_cases: [5]\n"), "init.yml: test_cases, 1 is not a mapping of names to values"),
    Case(
        "case of numbers", init("test_cases: [{5: 6}]\n"), "init.yml: test_cases, 1 is not a mapping of names to values"
    ),
    Case(
        "input is absent",
        init("test_cases: [{in: 9.in, out: 1.out}]\n"),
        'init.yml: test_cases, 1: "in" names 9.in, which is not in the package',
    ),
    Case(
        "input that leaves",
        init("test_cases: [{in: ../../1.in, out: 1.out}]\n"),
        'init.yml: test_cases, 1: "in" names ../../1.in, which leaves the package',
    ),
    Case(
        "absolute input",
        init("test_cases: [{in: /etc/hostname, out: 1.out}]\n"),
        'init.yml: test_cases, 1: "in" names /etc/hostname, which leaves the package',
    ),
    Case(
        "input is a list",
        init("test_cases: [{in: [1.in], out: 1.out}]\n"),
        'init.yml: test_cases, 1: "in" is not the name of a file',
    ),
    Case(
        "input has 100,000 digits",
        init(f"test_cases: [{{in: {DIGITS}, out: 1.out}}]\n"),
        "init.yml: is not valid YAML at line 1 (a number of too many digits)",
    ),
    Case(
        "input is a link out",
        of(BASE, {"../outside": "1"}, then=linked("1.in", "../outside")),
        "1.in: is a link that leaves the package",
    ),
    Case("input is a pipe", of(BASE, then=piped("1.in")), "1.in: is not a regular file"),
    Case(
        "batch of nothing",
        init("test_cases: [{batched: []}]\n"),
        'init.yml: test_cases, 1: "batched" is not a list of cases',
    ),
    Case(
        "batch is a text",
        init("test_cases: [{batched: all}]\n"),
        'init.yml: test_cases, 1: "batched" is not a list of cases',
    ),
    Case(
        "batch in a batch",
        init("test_cases: [{batched: [{batched: [{in: 1.in, out: 1.out}]}]}]\n"),
        "init.yml: test_cases, 1, 1: is a batch in a batch",
    ),
    Case(
        "batch that needs a later one",
        init("test_cases: [{batched: [{in: 1.in, out: 1.out}], dependencies: [2]}]\n"),
        'init.yml: test_cases, 1: "dependencies" names batch 2, which is no earlier one',
    ),
    Case(
        "dependencies are words",
        init("test_cases: [{batched: [{in: 1.in, out: 1.out}], dependencies: [a]}]\n"),
        'init.yml: test_cases, 1: "dependencies" is not a list of numbers of batches',
    ),
    Case(
        "points are a word",
        init("test_cases: [{in: 1.in, out: 1.out, points: ten}]\n"),
        "init.yml: \"test_cases, 1: points\" is 'ten', not a number",
    ),
    Case(
        "points are negative",
        init("test_cases: [{in: 1.in, out: 1.out, points: -1}]\n"),
        'init.yml: test_cases, 1: "points" is -1; 0 or more are needed',
    ),
    Case(
        "points are nan",
        init("test_cases: [{in: 1.in, out: 1.out, points: .nan}]\n"),
        'init.yml: "test_cases, 1: points" is nan, not a number',
    ),
    Case("time limit is a word", also("time_limit: fast\n"), "init.yml: \"time_limit\" is 'fast', not a number"),
    Case(
        "memory limit is negative", also("memory_limit: -5\n"), 'init.yml: "memory_limit" is -5; 0 or more are needed'
    ),
    Case(
        "name has 100,000 digits",
        also(f"name: {DIGITS}\n"),
        "init.yml: is not valid YAML at line 4 (a number of too many digits)",
    ),
    Case(
        "archive is absent",
        also("archive: tests.zip\n"),
        'init.yml: "archive" names tests.zip, which is not in the package',
    ),
    Case(
        "archive is broken",
        also("archive: tests.zip\n", {"tests.zip": "PK\x03\x04 no"}),
        "tests.zip: is not a zip file that can be read (File is not a zip file)",
    ),
    Case(
        "archive that leaves",
        also("archive: ../tests.zip\n"),
        'init.yml: "archive" names ../tests.zip, which is not in the package',
    ),
    Case(
        "pattern is none",
        init("test_cases: {input_format: '(', output_format: ')'}\n"),
        "init.yml: test_cases: a pattern for file names cannot be read (…)",
    ),
    Case(
        "pattern with a huge count",
        init("test_cases: {input_format: 'x{99999999999}'}\n"),
        "init.yml: test_cases: a pattern for file names cannot be read (the repetition number is too large)",
    ),
    Case(
        "pattern that takes for ever",
        init("test_cases: {input_format: '(a+)+$'}\n", {"a" * 60 + "b": "1"}),
        "init.yml: test_cases: a pattern for file names takes too long on them",
    ),
    Case(
        "pattern without a number",
        init("test_cases: {input_format: '.*in', output_format: '.*out'}\n"),
        "init.yml: test_cases: 1.in matches the pattern, but no group of it …",
    ),
    Case(
        "unknown checker",
        also("checker: magic\n"),
        "init.yml: test_cases, 1: \"checker\" is 'magic', which is none of DMOJ's and no file",
    ),
    Case(
        "checker is a list",
        also("checker: [a]\n"),
        'init.yml: test_cases, 1: "checker" is neither a name nor a name with args',
    ),
    Case(
        "checker is absent",
        also("checker: check.py\n"),
        'init.yml: test_cases, 1: "checker" names check.py, which is not in the package',
    ),
    Case(
        "checker's precision is a word",
        also("checker: {name: floats, args: {precision: much}}\n"),
        "init.yml: \"checker: precision\" is 'much', not a number",
    ),
    Case(
        "generator is absent",
        init("generator: gen.py\ntest_cases: [{generator_args: [1]}]\n"),
        'init.yml: test_cases, 1: "generator" names gen.py, which is not in the package',
    ),
    Case(
        "generator's arguments are a text",
        init("generator: gen.py\ntest_cases: [{generator_args: x}]\n", {"gen.py": ""}),
        'init.yml: test_cases, 1: "generator_args" is not a list',
    ),
    Case(
        "key that is Python",
        also("points++: import os\n"),
        "init.yml: 'points++' is Python to be run when the problem is read; write out what it makes",
    ),
    Case(
        "submission is absent",
        of(BASE, {"tests/a/test.yml": "source: a.py\n"}),
        'tests/a/test.yml: "source" names a.py, which is not beside it',
    ),
    Case("two of one name", several(BASE, "a/double", "b/double"), 'b/double: a second problem is called "double"'),
    Case(
        "zip without any file it names",
        zipped({"double/init.yml": CASES}),
        'double/init.yml: test_cases, 1: "in" names 1.in, which is not in the package',
    ),
    Case("header alone", one_file("init.yml", CASES), "init.yml: is no problem package: this file holds neither …"),
]
