"""Hostile programs, judged: each gets its one verdict, promptly, and leaves nothing. None is ever our fault (IE).

torture/ holds our own programs after the list that DOMjudge judges its hosts with. The first line of each says what it
is to get: `expect: VERDICT - why`, or several verdicts where the machine decides which limit comes first. They run
under the isolation this machine would use; with FIDELITY=all also under the other one.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from judge import Judgement, judge, load_package
from judge.package import Package, stated_limits
from judge.problem import Limits
from judge.sandbox import Isolation, Sandbox, compiling
from judge.verdicts import Verdict
from tests.judge.making import PLAIN, write_package

from .conftest import open_or_skip
from .leftovers import left_of

FILES = {**PLAIN, "data/secret/3.in": "617283945\n", "data/secret/3.ans": "1234567890\n"}
FOLDER = Path(__file__).with_name("torture")
PROGRAMS = sorted(path for path in FOLDER.iterdir() if path.name != "probes.c")
LANGUAGES = {".c": "c", ".cpp": "cpp", ".py": "python3"}
EXPECTED = re.compile(rb"expect: ((?:[A-Z]{2,3} ?)+)")
Judged = Callable[..., Judgement]
WAYS = list(Isolation) if os.environ.get("FIDELITY") == "all" else [None]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.name.lower() if way else "default")
def box(request: pytest.FixtureRequest, cache: Path) -> Iterator[Sandbox]:
    with open_or_skip(cache, request.param, worker=92) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def package() -> Iterator[Package]:
    """Print twice the number. It lies where every user could read it, were it not for the sandbox."""
    with tempfile.TemporaryDirectory(prefix="podium-torture-") as folder:
        Path(folder).chmod(0o755)
        root = write_package(Path(folder) / "double", FILES)
        yield load_package(root)[0]
        assert {name: (root / name).read_text() for name in FILES} == FILES, "a program changed its package"


@pytest.fixture
def judged(box: Sandbox, package: Package) -> Judged:
    """Judges one program under tight limits."""
    limits: Limits = replace(stated_limits(package), time_limit_s=0.3, memory_limit_mib=64, output_limit_mib=1)

    def run(content: bytes, language: str) -> Judgement:
        return judge(package, content, language=language, sandbox=box, limits=limits)

    return run


def content_of(path: Path) -> bytes:
    """The program; what no file of ours should hold is put in here."""
    content = path.read_bytes()
    if path.name == "nul_source.py":
        return content + b"print(2 * int(input()))\0\n"
    if path.name == "deep_source.py":
        return content + b"x = " + b"(" * 5000 + b")" * 5000 + b"\n"
    if path.name == "trigraph_bytes.c":
        return content + b"\xff\xfe\n"
    return content


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_program_gets_its_verdict(judged: Judged, box: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = content_of(path)
    expected = EXPECTED.search(content)
    assert expected is not None, "the program does not say what it is to get"
    verdicts = expected[1].decode().split()
    if verdicts == ["CE"]:  # the compiler's own limits are wide
        monkeypatch.setattr(compiling, "COMPILE_LIMITS", replace(compiling.COMPILE_LIMITS, cpu_s=1, memory_mib=512))
    judgement = judged(content, LANGUAGES[path.suffix])
    assert judgement.verdict in verdicts, (judgement.compile_message, judgement.testcases)
    assert Verdict.IE not in {test.verdict for test in judgement.testcases}
    assert len(judgement.compile_message.encode()) <= 16 << 10
    assert left_of(box) == []


@pytest.mark.parametrize("how", ['#include "{}"\n', '__asm__(".incbin \\"{}\\"");', '__asm__(".include \\"{}\\"");'])
def test_tests_cannot_be_read_while_compiling(judged: Judged, package: Package, how: str) -> None:
    (answer,) = {test.answer.digest for test in package.problem.testcases if test.answer and test.name == "secret/3"}
    source = how.format(package.path(answer)) + "\nint main(void) { return 0; }\n"
    judgement = judged(source.encode(), "c")
    assert judgement.verdict is Verdict.CE
    said = judgement.compile_message
    assert any(reason in said for reason in ("No such file", "can't open", "not found", "ermission denied")), said
    assert "1234567890" not in said
