"""A small Polygon package and how tests load, complete and judge it."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import generate, judge, load_package
from judge.errors import PackageError
from judge.judging import Judgement
from judge.package import Package
from judge.sandbox import Sandbox
from tests.judge.making import write_package

HEAD = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<problem revision="4" short-name="double-it" url="https://polygon.example/double-it">
<names><name language="russian" value="Вдвое"/><name language="english" value="Double it"/></names>
"""
STATEMENTS = """<statements>
<statement language="russian" path="statements/.html/russian/problem.html" type="text/html"/>
<statement language="english" path="statements/english/problem.tex" type="application/x-tex"/>
<statement language="english" path="statements/.pdf/english/problem.pdf" type="application/pdf"/>
</statements>
"""
LIMITS = """<time-limit>1500</time-limit><memory-limit>268435456</memory-limit>"""
PATHS = """<input-path-pattern>tests/%02d</input-path-pattern>
<answer-path-pattern>tests/%02d.a</answer-path-pattern>"""
FILES = """<files><resources><file path="files/olymp.sty"/></resources><executables>
<executable><source path="files/gen.py" type="python.3"/></executable>
<executable><source path="files/valid.py" type="python.3"/></executable></executables></files>
"""
ASSETS = """<assets>
<checker name="std::ncmp.cpp" type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
<validators><validator><source path="files/valid.py" type="python.3"/></validator></validators>
<solutions>
<solution tag="main"><source path="solutions/main.py" type="python.3"/></solution>
<solution tag="wrong-answer"><source path="solutions/small.py" type="python.3"/></solution>
<solution tag="time-limit-exceeded-or-accepted"><source path="solutions/odd.py" type="python.3"/></solution>
</solutions></assets></problem>
"""
#: Two tests with their files; then a manual one without answer, and one that gen.py makes.
TESTS = """<test method="manual" sample="true"/><test method="manual"/>
<test method="manual"/><test cmd="gen &quot;20&quot; 1" method="generated"/>"""
VALIDATOR = """
import sys
if not 0 < int(sys.stdin.readline()) < 1000:
    sys.exit("not from 1 to 999")
"""
PROGRAMS = {
    "files/gen.py": "import sys\nprint(int(sys.argv[1]) + int(sys.argv[2]))\n",
    "files/valid.py": VALIDATOR,
    "solutions/main.py": "print(2 * int(input()))\n",
    "solutions/small.py": "n = int(input())\nprint(2 * n if n < 20 else 0)\n",
    "solutions/odd.py": "n = int(input())\nprint(2 * n if n % 2 else 0)\n",
}


def problem_xml(tests: str = TESTS, groups: str = "", *, judging: str = "", assets: str = ASSETS) -> str:
    count = tests.count("<test ")
    groups = f"<groups>{groups}</groups>" if groups else ""
    return (
        f'{HEAD}{STATEMENTS}<judging input-file="" output-file="" {judging}><testset name="tests">{LIMITS}'
        f"<test-count>{count}</test-count>{PATHS}<tests>{tests}</tests>{groups}</testset></judging>{FILES}{assets}"
    )


PACKAGE = {
    "problem.xml": problem_xml(),
    "tests/01": "1\n",
    "tests/01.a": "2\n",
    "tests/02": "5\n",
    "tests/02.a": "10\n",
    "tests/03": "7\n",
    "statement-sections/english/legend.tex": "Print \\t{2n}.",
    "statement-sections/english/input.tex": "One number.",
    "statement-sections/english/example.01": "1\n",
    "statement-sections/english/example.01.a": "2\n",
    "statements/.html/russian/problem.html": "<p>2n</p>",
    "statements/english/problem.tex": "\\begin{problem}{Double it}{}{}{}{}\\end{problem}",
    "statements/.pdf/english/problem.pdf": "%PDF-1.4",
    **PROGRAMS,
}


def load_one(folder: Path, changes: dict[str, str | None] | None = None) -> Package:
    path = write_package(folder / "upload", {**PACKAGE, **(changes or {})})
    (package,) = load_package(path, workspace=folder)
    return package


def complete(folder: Path, sandbox: Sandbox, changes: dict[str, str | None] | None = None) -> Package:
    return generate(load_one(folder, changes), sandbox, folder)


def run(package: Package, source: str, sandbox: Sandbox) -> Judgement:
    return judge(package, source, language="python3", sandbox=sandbox)


def refusal(folder: Path, changes: dict[str, str | None]) -> str:
    with pytest.raises(PackageError) as caught:
        load_one(folder, changes)
    return str(caught.value)


SCORED = """<test method="manual" sample="true" group="0" points="0"/><test method="manual" group="1" points="10"/>
<test method="manual" group="1" points="15"/><test cmd="gen 20 1" method="generated" group="2" points="75"/>"""
GROUPS = """<group name="0" points="0.0" points-policy="complete-group"/>
<group name="1" points="25.0" points-policy="each-test"><dependencies><dependency group="0"/></dependencies></group>
<group name="2" points="75.0" points-policy="complete-group"><dependencies><dependency group="1"/></dependencies>
</group>"""
