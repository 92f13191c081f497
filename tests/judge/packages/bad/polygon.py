"""Malformed Polygon packages."""

from __future__ import annotations

from tests.judge.packages.bad.making import Case, Files, Make, linked, of, piped, several

TESTS = '<test method="manual" sample="true"/><test method="manual"/>'
MAIN = '<solutions><solution tag="main"><source path="solutions/main.py" type="python.3"/></solution></solutions>'
CHECKER = '<checker name="check.cpp"><source path="check.cpp" type="cpp.g++17"/></checker>'
VALIDATOR = '<validators><validator><source path="files/v.cpp" type="cpp.g++17"/></validator></validators>'
ENTITIES = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10 if n else "lol"}">' for n in range(10))
LAUGHS = f"<!DOCTYPE lolz [{ENTITIES}]>"
EXTERNAL = '<!DOCTYPE problem [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


def problem_xml(
    *,
    tests: str = TESTS,
    groups: str = "",
    count: str = "2",
    limits: str = "<time-limit>1000</time-limit>",
    pattern: str = "tests/%02d",
    assets: str = MAIN,
    head: str = "",
    attributes: str = "",
) -> str:
    """A problem.xml of two manual tests."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<problem short-name="double"><names/>'
        f'<judging {attributes}><testset name="tests">{limits}<test-count>{count}</test-count>'
        f"<input-path-pattern>{pattern}</input-path-pattern><answer-path-pattern>tests/%02d.a</answer-path-pattern>"
        f"<tests>{tests}</tests><groups>{groups}</groups></testset></judging><assets>{assets}</assets></problem>"
    )


BASE = {
    "problem.xml": problem_xml(),
    "tests/01": "1\n",
    "tests/01.a": "2\n",
    "tests/02": "5\n",
    "tests/02.a": "10\n",
    "solutions/main.py": "print(2 * int(input()))\n",
}


def xml(changes: Files | None = None, **parts: str) -> Make:
    """The package with other parts of problem.xml (see `problem_xml`), and other files."""
    return of(BASE, {"problem.xml": problem_xml(**parts), **(changes or {})})


def raw(content: str | bytes) -> Make:
    """The package with this problem.xml."""
    return of(BASE, {"problem.xml": content})


def grouped(*groups: str, points: str = "") -> Make:
    """Two tests in two groups, which have these attributes and contents."""
    tests = "".join(f'<test method="manual" group="{n}" {points}/>' for n in (1, 2))
    return xml(tests=tests, groups="".join(f"<group {group}</group>" for group in groups))


def needing(other: int) -> str:
    """The content of a group that depends on another."""
    return f'><dependencies><dependency group="{other}"/></dependencies>'


def generated(command: str) -> Make:
    """The package whose second test is to be made."""
    tests = f'<test method="manual"/><test method="generated" cmd="{command}"/>'
    return xml({"tests/02": None, "tests/02.a": None}, tests=tests)


POLYGON = [
    Case(
        "xml is cut off", raw(problem_xml()[:300]), "problem.xml: is not valid XML (unclosed token: line 1, column 275)"
    ),
    Case(
        "xml of another kind",
        raw("<contest><!-- <problem --></contest>"),
        "problem.xml: is no problem: its root is <contest>",
    ),
    Case(
        "a billion laughs",
        xml(head=LAUGHS, limits="<time-limit>&lol9;</time-limit>"),
        "problem.xml: declares a document type or entities, which Polygon never does",
    ),
    Case(
        "external entity",
        xml(head=EXTERNAL, limits="<time-limit>&secret;</time-limit>"),
        "problem.xml: declares a document type or entities, which Polygon never does",
    ),
    Case(
        "entity that nobody declared",
        xml(limits="<time-limit>&lol;</time-limit>"),
        "problem.xml: is not valid XML (undefined entity: line 1, column 119)",
    ),
    Case(
        "a billion laughs in UTF-16",
        of(
            {},
            {
                "problem.xml": problem_xml(head=LAUGHS, assets="&lol9;").replace("utf-8", "utf-16").encode("utf-16"),
                "more/problem.xml": problem_xml(),
            },
        ),
        "problem.xml: is not valid XML (it holds zero bytes)",
    ),
    Case(
        "unknown encoding",
        raw(problem_xml().replace("utf-8", "utf-99")),
        "problem.xml: is not valid XML (unknown encoding: utf-99)",
    ),
    Case(
        "xml in Latin 1",
        raw(problem_xml().replace("<names/>", "<names>ü</names>").encode("latin-1")),
        "problem.xml: is not valid XML (not well-formed (invalid token): line 1, column 74)",
    ),
    Case(
        "xml with a zero",
        xml(limits="<time-limit>1\0</time-limit>"),
        "problem.xml: is not valid XML (it holds zero bytes)",
    ),
    Case("no testset", raw("<problem><judging/></problem>"), "problem.xml: has no <testset>: the package has no tests"),
    Case("no tests", xml(tests="", count="0"), 'problem.xml: the testset "tests" has no tests'),
    Case("tests that do not add up", xml(count="3"), 'problem.xml: the testset "tests" announces 3 tests and lists 2'),
    Case("manual test is missing", xml({"tests/02": None}), "tests/02: is missing: test 2 is a manual one"),
    Case(
        "pattern without a number",
        xml(pattern="tests/01"),
        "problem.xml: \"input-path-pattern\" is 'tests/01', without a place for a number (%02d)",
    ),
    Case(
        "pattern with two numbers",
        xml(pattern="tests/%02d/%02d"),
        "problem.xml: \"input-path-pattern\" is 'tests/%02d/%02d', without a place for a number (%02d)",
    ),
    Case(
        "pattern of a billion zeros",
        xml(pattern="tests/%0999999999d"),
        "tests/00000000000000000001: is missing: test 1 is a manual one",
    ),
    Case("pattern that leaves", xml(pattern="../%02d"), "problem.xml: '../%02d' leaves the package"),
    Case("absolute pattern", xml(pattern="/etc/%02d"), "problem.xml: '/etc/%02d' leaves the package"),
    Case(
        "time limit is a word",
        xml(limits="<time-limit>fast</time-limit>"),
        "problem.xml: \"time-limit\" is 'fast', not a number",
    ),
    Case(
        "time limit is negative",
        xml(limits="<time-limit>-1000</time-limit>"),
        'problem.xml: "time-limit" is -1000, not a number of ms from 1 to 3600000',
    ),
    Case(
        "memory limit is nan",
        xml(limits="<memory-limit>nan</memory-limit>"),
        "problem.xml: \"memory-limit\" is 'nan', not a number",
    ),
    Case("points are a word", grouped(points='points="ten"'), "problem.xml: test 1: \"points\" is 'ten', not a number"),
    Case(
        "points are negative",
        grouped(points='points="-5"'),
        'problem.xml: test 1: "points" is -5; 0 or more are needed',
    ),
    Case("points are nan", grouped(points='points="nan"'), "problem.xml: test 1: \"points\" is 'nan', not a number"),
    Case(
        "points add up to infinity",
        grouped(points='points="1.7e308"'),
        "double: its points are inf together, not a number from 0 to 1e+09",
    ),
    Case(
        "unknown policy",
        grouped('name="1" points-policy="some">'),
        'problem.xml: group "1": "points-policy" is \'some\', neither complete-group nor each-test',
    ),
    Case("two groups of one name", grouped('name="1">', 'name="1">'), 'problem.xml: two groups are called "1"'),
    Case(
        "group that needs an absent one",
        grouped('name="1" ' + needing(7), points='points="5"'),
        'double: the group "all/1" depends on "all/7", which is no group',
    ),
    Case(
        "groups that need each other",
        grouped('name="1" ' + needing(2), 'name="2" ' + needing(1), points='points="5"'),
        'double: the group "all/1" depends on itself',
    ),
    Case(
        "generator is absent",
        generated("gen 5"),
        "problem.xml: tests are made by 'gen', but no program of this name is in files/",
    ),
    Case("command is none", generated("gen &quot;5"), "problem.xml: test 2: the command 'gen \"5' cannot be read"),
    Case(
        "checker is absent",
        xml(assets=CHECKER + MAIN),
        "check.cpp: is missing: check.cpp is no plain comparison of tokens; add its source there",
    ),
    Case(
        "standard checker without source",
        xml(assets='<checker name="std::rcmp9.cpp"/>' + MAIN),
        "problem.xml: the checker std::rcmp9.cpp has no source: add it as files/check.cpp and name it in <checker>",
    ),
    Case(
        "checker that leaves",
        xml(assets=CHECKER.replace('"check.cpp" type', '"../../check.cpp" type') + MAIN),
        "problem.xml: '../../check.cpp' leaves the package",
    ),
    Case(
        "checker without a path",
        xml(assets="<checker><source/></checker>" + MAIN),
        "problem.xml: a <source> has no path",
    ),
    Case(
        "checker without testlib",
        xml({"check.cpp": "#include <testlib.h>\n"}, assets=CHECKER + MAIN),
        "check.cpp: includes testlib.h, which is not in the package: add it as files/testlib.h and import again",
    ),
    Case(
        "validator is absent",
        xml(assets=VALIDATOR + MAIN),
        "files/v.cpp: is missing: problem.xml names it as a validator",
    ),
    Case(
        "solution is absent",
        xml({"solutions/main.py": None}),
        "solutions/main.py: is missing: problem.xml names it as a solution",
    ),
    Case(
        "number of runs is a word",
        xml(attributes='run-count="many"'),
        "problem.xml: \"run-count\" is 'many', not a number",
    ),
    Case(
        "test is a link out",
        of(BASE, {"../outside": "1"}, then=linked("tests/02", "../../outside")),
        "tests/02: is a link that leaves the package",
    ),
    Case("test is a pipe", of(BASE, then=piped("tests/02")), "tests/02: is missing: test 2 is a manual one"),
    Case(
        "solution is a pipe",
        of(BASE, then=piped("solutions/main.py")),
        "solutions/main.py: is missing: problem.xml names it as a solution",
    ),
    Case("two of one short name", several(BASE, "a", "b"), 'b: a second problem is called "double"'),
]
