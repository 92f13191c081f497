"""Malformed packages of every format: each is refused in one sentence, soon, and nothing of it stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from judge.errors import PackageError
from judge.packages import archive, load_package, matching
from tests.judge.making import PLAIN, write_package
from tests.judge.packages.bad import CASES
from tests.judge.packages.bad.making import Case, in_latin, of

#: A reader that waits, or walks in circles, is ended by this; none needs a tenth of it.
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(matching, "_MATCHING_S", 1)

    def stop(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"the reader did not come to an end within {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refusal(path: Path, workspace: Path) -> str:
    workspace.mkdir()
    with pytest.raises(PackageError) as caught:
        load_package(path, workspace=workspace)
    return str(caught.value)


def matches(sentence: str, said: str) -> bool:
    """Whether it was said, "…" in the sentence standing for anything."""
    return re.fullmatch(".*".join(map(re.escape, sentence.split("…"))), said) is not None


def test_table_is_large_enough() -> None:
    assert len(CASES) >= 200
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_package_is_refused_in_one_sentence(tmp_path: Path, case: Case) -> None:
    (tmp_path / "upload").mkdir()
    said = refusal(case.make(tmp_path / "upload"), tmp_path / "work")
    assert matches(case.sentence, said), said
    assert len(said) <= 1000 and "\n" not in said and said == said.encode("utf-8", "replace").decode()
    assert str(tmp_path) not in said and "Traceback" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_named(tmp_path: Path) -> None:
    path = of(PLAIN)(tmp_path)
    (path / "data/secret/1.in").chmod(0)
    assert refusal(path, tmp_path / "work") == "double: cannot be read (Permission denied)"


def test_folders_too_deep_to_walk_are_refused(tmp_path: Path) -> None:
    """Deeper than Python can call itself; made and removed by short steps, for no path may be that long."""
    top = tmp_path / "double"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(1900):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    said = refusal(top, tmp_path / "work")
    subprocess.run(["rm", "-rf", top], check=True)
    assert said == "double: is nested too deeply"


@pytest.mark.parametrize(
    "text",
    ["1\r\n", "\ufeff1\n", "", "\xff\xfe", "x" * 100_000, "\0" * 100],
    ids=["crlf", "bom", "empty", "odd", "long", "nul"],
)
def test_data_may_hold_anything(tmp_path: Path, text: str) -> None:
    """A test is bytes: CRLF, BOM, nothing at all, no text. Nothing of it is changed."""
    (package,) = load_package(of(PLAIN, {"data/secret/1.in": text, "data/secret/1.ans": text})(tmp_path))
    (test,) = (test for test in package.problem.testcases if test.name == "secret/1")
    assert package.path(test.input.digest).read_bytes() == text.encode()


@pytest.mark.parametrize("header", ["\ufeffname: Double\n", "name: Double\r\n", "name: 'Dóblé ✓ \U0001f600'\n", ""])
def test_header_may_have_a_mark_or_line_ends_of_windows(tmp_path: Path, header: str) -> None:
    (package,) = load_package(write_package(tmp_path / "double", {**PLAIN, "problem.yaml": header}), workspace=tmp_path)
    assert package.problem.title == (header.replace("\ufeff", "")[5:].strip().strip("'") or "double")


def test_names_that_differ_by_case_stay_apart(tmp_path: Path) -> None:
    files = {**PLAIN, **{f"data/secret/{name}": name[0] for name in ("a.in", "a.ans", "A.in", "A.ans")}}
    (package,) = load_package(write_package(tmp_path / "double", files), workspace=tmp_path)
    assert {"secret/a", "secret/A"} <= {test.name for test in package.problem.testcases}


def test_files_that_are_none_of_a_package_may_be_called_anything(tmp_path: Path) -> None:
    path = of(PLAIN, then=in_latin(b"\xfc.txt"))(tmp_path)
    (package,) = load_package(path, workspace=tmp_path)
    assert len(package.problem.testcases) == 3


def test_work_grows_with_the_tests_and_no_faster(tmp_path: Path) -> None:
    """Twice the tests, at most a little more than twice the calls: 100,000 tests import in minutes, not days."""

    def calls(n_tests: int) -> int:
        names = [f"data/secret/{n}.{end}" for n in range(n_tests) for end in ("in", "ans")]
        path = write_package(tmp_path / f"double{n_tests}", {**PLAIN, **{name: f"{name}\n" for name in names}})
        count = 0

        def counted(frame: FrameType, event: str, argument: object) -> None:
            nonlocal count
            count += event.endswith("call")

        sys.setprofile(counted)
        try:
            (package,) = load_package(path, workspace=tmp_path)
        finally:
            sys.setprofile(None)
        assert len(package.problem.testcases) == n_tests + 1  # and the sample
        return count

    assert calls(600) < 2.2 * calls(300)


def test_archive_that_grows_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb, of which no more is written than an archive may hold."""
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 8 << 20)
    path = tmp_path / "double.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("double/data/secret/1.in", bytes(32 << 20))
    assert refusal(path, tmp_path / "work") == "the archive unpacks to more than 0 GiB"
    assert [file for file in (tmp_path / "work").rglob("*") if file.is_file()] == []
