"""Malformed problems as JSON lines."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.judge.packages.bad.making import Case, Make, lines, one_file

LCB = {"id": "abc_a", "title": "A", "public_tests": [["1\n", "2\n"]], "hidden_tests": [["2\n", "4\n"]]}
HUMAN = {
    "task_id": "HumanEval/0",
    "prompt": "def f(x):\n    pass\n",
    "entry_point": "f",
    "test": "def check(candidate):\n    assert candidate(1) == 1\n",
    "canonical_solution": "    return x\n",
}
MBPP = {"task_id": 1, "text": "f", "code": "def f(x):\n    return x\n", "test_list": ["assert f(1) == 1"]}
CONTEST = {
    "name": "1_A",
    "description": "Double.",
    "public_tests": {"input": ["1"], "output": ["2"]},
    "private_tests": {"input": [], "output": []},
}
ANSWER = {"id": "aime-1", "problem": "1 + 1?", "answer": "2"}
PACKED = gzip.compress(json.dumps(LCB).encode() * 99)
BRACKETS = "[" * 100_000 + "]" * 100_000
NINES = "9" * 5000


def lcb(**keys: Any) -> Make:
    """One LiveCodeBench problem with these keys changed; so the others for their formats."""
    return lines({**LCB, **keys})


def human(**keys: Any) -> Make:
    return lines({**HUMAN, **keys})


def mbpp(**keys: Any) -> Make:
    return lines({**MBPP, **keys})


def contest(**keys: Any) -> Make:
    return lines({**CONTEST, **keys})


def answer(**keys: Any) -> Make:
    return lines({**ANSWER, **keys})


RECORDS = [
    Case("empty file", lines(), "problems.jsonl: holds no problems"),
    Case("blank lines", lines("", "  ", ""), "problems.jsonl: holds no problems"),
    Case("no JSON", lines("hello"), "problems.jsonl, line 1: is not a JSON object"),
    Case("cut off", lines(LCB, '{"id": "b", "public_tests": [['), "problems.jsonl, line 2: is not a JSON object"),
    Case("a number", lines(LCB, "5"), "problems.jsonl, line 2: is not a JSON object"),
    Case("a list in a line", lines(LCB, "[1]"), "problems.jsonl, line 2: is not a JSON object"),
    Case("array of numbers", lines("[1, 2]"), "problems.jsonl, record 1: is not a JSON object"),
    Case("array that is cut off", lines('[{"id": "a"}'), "problems.jsonl: is not a JSON array"),
    Case("brackets", lines(LCB, f'{{"id": {BRACKETS}}}'), "problems.jsonl, line 2: is not a JSON object"),
    Case("Latin 1", lines(LCB, '{"id": "ü"}'.encode("latin-1")), "problems.jsonl, line 2: is not UTF-8 text"),
    Case("UTF-16", lines(json.dumps(LCB).encode("utf-16")), "problems.jsonl, line 1: is not UTF-8 text"),
    Case(
        "gzip that is cut off",
        one_file("problems.jsonl.gz", PACKED[:60]),
        "problems.jsonl.gz: is no complete gzip file",
    ),
    Case(
        "unknown keys",
        lines({"question": "?", "solution": "!"}),
        'problems.jsonl, line 1: its keys ("question", "solution") are those of no known format: …',
    ),
    Case("no id", lcb(id=None), 'problems.jsonl, line 1: "id" is missing or no text'),
    Case(
        "id is a path",
        lcb(id="../../etc"),
        'problems.jsonl, line 1: "id" is \'../../etc\'; letters, digits, "_", "-" and "." are allowed',
    ),
    Case("id twice", lines(LCB, LCB), 'problems.jsonl, line 2: the problem "abc_a" was already on line 1'),
    Case(
        "lone surrogate in an id",
        lcb(id="\ud800"),
        'problems.jsonl, line 1: "id" is \'\\ud800\'; letters, digits, "_", "-" and "." are allowed',
    ),
    Case(
        "lone surrogate in a title",
        lcb(title="\ud800"),
        "abc_a: a name or text of it holds half a character (a lone surrogate)",
    ),
    Case(
        "lone surrogate in a test",
        lcb(hidden_tests=[["\ud800", "1"]]),
        "problems.jsonl, line 1: holds half a character (a lone surrogate)",
    ),
    Case("no tests", lcb(public_tests=[], hidden_tests=[]), 'problems.jsonl, line 1: the problem "abc_a" has no tests'),
    Case(
        "tests are a text",
        lcb(hidden_tests="1"),
        'problems.jsonl, line 1: "hidden_tests" is not a list of [input, output] pairs',
    ),
    Case(
        "test of three",
        lcb(hidden_tests=[["1", "2", "3"]]),
        'problems.jsonl, line 1: "hidden_tests", test 1 is not a pair of texts [input, output]',
    ),
    Case(
        "test of numbers",
        lcb(hidden_tests=[[1, 2]]),
        'problems.jsonl, line 1: "hidden_tests", test 1 is not a pair of texts [input, output]',
    ),
    Case(
        "test is null",
        lcb(hidden_tests=[None]),
        'problems.jsonl, line 1: "hidden_tests", test 1 is not a pair of texts [input, output]',
    ),
    Case("humaneval: no test", human(test=" "), 'problems.jsonl, line 1: "test" is missing or no text'),
    Case("humaneval: test is no Python", human(test="def check(:"), 'problems.jsonl, line 1: "test" is no Python (…'),
    Case("humaneval: zero in the test", human(test="x = '\0'\n"), 'problems.jsonl, line 1: "test" is no Python (…'),
    Case(
        "humaneval: brackets",
        human(test="x = " + "(" * 5000 + ")" * 5000),
        'problems.jsonl, line 1: "test" is no Python (…',
    ),
    Case(
        "humaneval: entry point is no name",
        human(entry_point="f(); import os"),
        "problems.jsonl, line 1: \"entry_point\" is 'f(); import os', which names no function",
    ),
    Case(
        "humaneval: entry point is a number",
        human(entry_point=5),
        'problems.jsonl, line 1: "entry_point" is missing or no text',
    ),
    Case("humaneval: no task_id", human(task_id=""), 'problems.jsonl, line 1: "task_id" is missing or names nothing'),
    Case("mbpp: no tests", mbpp(test_list=[]), 'problems.jsonl, line 1: "test_list" holds no test'),
    Case("mbpp: tests are numbers", mbpp(test_list=[1]), 'problems.jsonl, line 1: "test_list" is not a list of texts'),
    Case(
        "mbpp: code is no Python",
        mbpp(code="def f(x"),
        "problems.jsonl, line 1: its code or one of its tests is no Python (…",
    ),
    Case(
        "mbpp: tests call nothing",
        mbpp(test_list=["assert True"]),
        'problems.jsonl, line 1: no test calls a function that "code" defines',
    ),
    Case("contests: no tests", contest(public_tests={}), 'problems.jsonl, line 1: the problem "1_A" has no tests'),
    Case(
        "contests: more inputs than outputs",
        contest(private_tests={"input": ["1"], "output": []}),
        'problems.jsonl, line 1: "private_tests" has not as many outputs as inputs',
    ),
    Case(
        "contests: inputs are no list",
        contest(private_tests={"input": "1", "output": "2"}),
        'problems.jsonl, line 1: "private_tests" has not as many outputs as inputs',
    ),
    Case(
        "contests: input is a number",
        contest(private_tests={"input": [1], "output": ["2"]}),
        'problems.jsonl, line 1: "private_tests", test 1 is no pair of texts "input" and "output"',
    ),
    Case(
        "contests: time limit is nan",
        contest(time_limit=float("nan")),
        'problems.jsonl, line 1: "time_limit" is nan, not a number of seconds',
    ),
    Case(
        "contests: time limit is a word",
        contest(time_limit="fast"),
        'problems.jsonl, line 1: "time_limit" is fast, not a number of seconds',
    ),
    Case(
        "contests: time limit of 400 digits",
        contest(time_limit={"seconds": 10**400, "nanos": 1}),
        "problems.jsonl, line 1: \"time_limit\" is {'seconds': 1000000000000000000000000000, not a number of seconds",
    ),
    Case(
        "contests: memory limit is a byte",
        contest(memory_limit_bytes=1),
        'problems.jsonl, line 1: "memory_limit_bytes" is 1, not a number of at least 8 MiB',
    ),
    Case(
        "contests: memory limit of 400 digits",
        contest(memory_limit_bytes=10**400),
        "1_A: its memory limit is huge MiB; more than 0 and at most 2147483647 MiB can be",
    ),
    Case(
        "contests: solutions are a text",
        contest(solutions="x"),
        'problems.jsonl, line 1: "solutions" is no object of "language" and "solution"',
    ),
    Case(
        "contests: languages are a number",
        contest(solutions={"language": 5, "solution": 5}),
        'problems.jsonl, line 1: "solutions" is no object of "language" and "solution"',
    ),
    Case(
        "contests: no description",
        contest(description=None),
        'problems.jsonl, line 1: "description" is missing or no text',
    ),
    Case(
        "answers: no answer",
        answer(answer=None),
        'problems.jsonl, line 1: "answer" is missing or neither a text nor a number',
    ),
    Case(
        "answers: answer is an object",
        answer(answer={}),
        'problems.jsonl, line 1: "answer" is missing or neither a text nor a number',
    ),
    Case("answers: no answers", answer(answer=[]), 'problems.jsonl, line 1: "answers" is empty'),
    Case(
        "answers: unknown match",
        answer(match="about"),
        "problems.jsonl, line 1: \"match\" is 'about', not one of exact, numeric, choice, symbolic",
    ),
    Case(
        "answers: match is a list",
        answer(match=["exact"]),
        'problems.jsonl, line 1: "match" is "[\'exact\']", not one of exact, numeric, choice, symbolic',
    ),
    Case(
        "answers: numeric without a number",
        answer(answer="two", match="numeric"),
        'problems.jsonl, line 1: "match" is numeric, but an accepted answer is no number',
    ),
    Case(
        "answers: tolerance is negative",
        answer(tolerance=-1),
        'problems.jsonl, line 1: "tolerance" is -1, not a number of at least 0',
    ),
    Case(
        "answers: tolerance is nan",
        answer(tolerance=float("nan")),
        'problems.jsonl, line 1: "tolerance" is nan, not a number of at least 0',
    ),
    Case("answers: tags are numbers", answer(tags=[1]), 'problems.jsonl, line 1: "tags" is not a list of texts'),
    Case(
        "answers: endless answer",
        answer(answer="9" * 200_000),
        'problems.jsonl, line 1: "answer" is longer than 4000 characters',
    ),
    Case(
        "answers: number of 5,000 digits",
        lines(f'{{"id": "a", "problem": "?", "answer": {NINES}}}'),
        "problems.jsonl, line 1: is not a JSON object",
    ),
    Case(
        "answers: id twice by its letters",
        lines({**ANSWER, "id": "a/1"}, {**ANSWER, "id": "a-1"}),
        'problems.jsonl, line 2: the problem "a-1" was already on line 1',
    ),
]
