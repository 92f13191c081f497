"""Imports that are killed at chosen moments and at any: what they leave, as one JSON object on standard output.

`python -m tests.comparisons.imports.killed_scene pools FOLDER` (or problems), in a PODIUM_HOME of its own. Each import
is the real command in a forked process, with a group of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import django
from django.core.management import call_command
from django.db import connections

django.setup()

from comparisons.models import (  # noqa: E402 - after Django's settings
    Candidate,
    LanguageModel,
    Pool,
    Problem,
    ProblemSet,
    ProblemVersion,
    Subtask,
    blobs,
)
from judge.workspaces import PREFIX  # noqa: E402
from tests.comparisons.imports.packages import RIGHT, write_lines, write_package  # noqa: E402

#: Candidates of the pool, 2 KB each.
N = 600
#: So that this file is read by several processes, as a long one is, and each has more to say than a pipe holds.
SMALL = {"_LONG_BYTES": 1, "PART_BYTES": 128 << 10}
#: At which call of which function, named where it is looked up: from the reading to the last step before the commit.
POOL_MOMENTS = (
    ("comparisons.stages.importing_pools._take", 3),
    ("comparisons.stages.writing_pools.insert_candidates", 1),
    ("comparisons.stages.writing_pools.insert_candidates", 4),
    ("comparisons.actions.pools.write_generated_tests", 1),
)
PROBLEM_MOMENTS = (
    ("comparisons.actions.problems.check_packages", 1),
    ("comparisons.models.blobs.os.replace", 2),
    ("comparisons.stages.importing_problems.record_limits", 1),
    ("comparisons.actions.problems.leases.add", 1),
)
#: Shares of a whole import's time.
ANY = (0.3, 0.6, 0.9)
_WITHIN_S = 60.0


def run(*words: str) -> Any:
    """The object that the command prints."""
    out = StringIO()
    call_command(*words, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def forked(work: Callable[[], Any], *, kill_after_s: float | None = None) -> list[int]:
    """How a process ended that did this: its signal (0: it came to its end), and what lives on of its group."""
    connections.close_all()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setpgid(0, 0)
            work()
            connections.close_all()
            code = 0
        finally:
            os._exit(code)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    end = time.monotonic() + _WITHIN_S
    while (left := _alive(child)) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0
    return [os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, len(left)]


def _alive(group: int) -> list[int]:
    """The processes of the group that are no zombies."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            state, _, member = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if folder.name.isdecimal() and int(member) == group and state != "Z":
            found.append(int(folder.name))
    return found


def killed(name: str, nth: int, work: Callable[[], Any]) -> list[int]:
    """As `forked`, with the process killed by itself at that call of that function."""
    real, calls = pkgutil.resolve_name(name), 0

    def step(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    with mock.patch(name, step):
        return forked(work)


def workspaces() -> int:
    """How many folders for unpacked packages there are."""
    return len(list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")))


def pools(folder: Path) -> dict[str, Any]:
    """A pool's import. `hashes`: of all pools that are there at the end."""
    run("import_problems", str(write_package(folder / "add")), "--set", "sums", "--time-limit", "2")
    source = f"{RIGHT}# {'x' * 2000}\n"
    lines = [{"problem": "add", "index": index, "source": f"{source}# {index}"} for index in range(N)]
    words = ("import_pool", str(write_lines(folder / "a.jsonl", lines)), "--set", "sums", "--model")

    def rows() -> list[int]:
        return [model.objects.count() for model in (Pool, Candidate, LanguageModel)]

    def work() -> Any:
        return run(*words, "killed")

    chosen = [[*killed(name, nth, work), rows()] for name, nth in POOL_MOMENTS]
    began = time.monotonic()
    run(*words, "whole")
    took_s = time.monotonic() - began
    left = [forked(work, kill_after_s=share * took_s)[1] for share in ANY]
    run(*words, "again")
    found = [(pool.candidates.count(), pool.newest_revision.content_hash) for pool in Pool.objects.all()]
    return {
        "chosen": chosen,
        "left": left,
        "pools": found,
        "models": list(LanguageModel.objects.values_list("slug", flat=True)),
    }


def problems(folder: Path) -> dict[str, Any]:
    """A set's import. `versions`: the content hashes of each set at the end; `broken`: files that are not whole."""
    write_package(folder / "packages" / "add")
    write_package(folder / "packages" / "more", points=(10, 20, 70))
    words = ("import_problems", str(folder / "packages"), "--time-limit", "2", "--set")

    def rows() -> list[int]:
        return [model.objects.count() for model in (ProblemSet, Problem, ProblemVersion, Subtask)]

    def work() -> Any:
        return run(*words, "killed")

    chosen = [[*killed(name, nth, work), rows()] for name, nth in PROBLEM_MOMENTS[:1]]
    abandoned = workspaces()
    chosen += [[*killed(name, nth, work), rows()] for name, nth in PROBLEM_MOMENTS[1:]]
    began = time.monotonic()
    run(*words, "whole")
    took_s = time.monotonic() - began
    left = [forked(work, kill_after_s=share * took_s)[1] for share in ANY]
    sets = {name: [version["version"] for version in run(*words, name)["problems"]] for name in ("whole", "killed")}
    digests = {digest for version in ProblemVersion.objects.all() for digest in version.to_problem().files()}
    broken = [digest for digest in digests if hashlib.sha256(blobs.get(digest)).hexdigest() != digest]
    return {
        "chosen": chosen,
        "left": left,
        "versions": sets,
        "broken": broken,
        "files": len(digests),
        "rows": rows(),
        "workspaces": [abandoned, workspaces()],
    }


if __name__ == "__main__":
    mock.patch.multiple("comparisons.samplers.reading", **SMALL).start()
    scene = {"pools": pools, "problems": problems}[sys.argv[1]]
    print(json.dumps(scene(Path(sys.argv[2]))))
