"""A file that several processes read gives what one gives: the same candidates, numbers and complaints, in order."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from comparisons.samplers import reading
from comparisons.samplers.formats import json_records, read_raw
from comparisons.samplers.reading import Batch, Parsed, Reading
from judge.errors import RecordError

# Python says so where a process with threads is forked, as pytest's workers are; an import would not do it.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

LINES = [
    b'{"problem": "a", "source": "print(1)", "seed": 7}',
    b"",
    b'{"problem": "a", "index": -1}',
    b'{"problem": "\xff"}',
    b"[1]",
    b'{"task": "b"}\r',
    b'{"problem": "b", "raw": "```python\\nprint(2)\\n```", "usage": {"output_tokens": 3}}',
    b'{"problem": "c", "scores": {"1": 0.5}, "deep": {"key": 1}}',
]


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of the processes that were started."""
    started: list[int] = []
    fork = os.fork

    def noted() -> int:
        pid = fork()
        if pid:
            started.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted)
    return started


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Its lines have all lengths, so that parts end everywhere."""
    lines = [line[:-1] + b" " * (n % 41) + line[-1:] for n in range(40) for line in LINES]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*lines, b'{"problem": "the last, without a line\'s end"}']))
    return path


def told(records: Iterable[Parsed], reader: int = 0) -> list[tuple[object, ...]]:
    """The work of these tests: each record in plain values, its numbers first."""
    return [
        (one.number, one.line, one.file, str(one.found) if isinstance(one.found, RecordError) else tuple(one.found))
        for one in records
    ]


def plain(batches: Iterable[Batch]) -> list[tuple[object, ...]]:
    """What was told, with the numbers of the whole file; a complaint without its line, which is counted from where its
    part begins."""
    return [
        (number + records, line + lines, file, found.split(": ")[-1] if isinstance(found, str) else found)
        for records, lines, made in batches
        for number, line, file, found in made
    ]


def at_once(path: Path, mapping: dict[str, str] | None = None) -> list[tuple[object, ...]]:
    return plain(Reading(path, mapping or {}).in_batches(read_raw(path), told))


@pytest.mark.parametrize("part_bytes", [1, 50, 997, 1 << 20])
@pytest.mark.parametrize("processes", [1, 3])
def test_parts_give_what_the_whole_gives(
    path: Path, processes: int, part_bytes: int, monkeypatch: pytest.MonkeyPatch, pids: list[int]
) -> None:
    if part_bytes == 1:
        path.write_bytes(b"\n".join(LINES) + b"\n")
    monkeypatch.setattr(reading, "PART_BYTES", part_bytes)
    monkeypatch.setattr(json_records, "LONGEST_RECORD_BYTES", 100)
    mapping = {"language": "deep.key", "answer": "nowhere"}
    whole, parts = Reading(path, mapping), Reading(path, mapping)
    assert plain(parts.in_parts(processes, told)) == plain(whole.in_batches(read_raw(path), told))
    assert parts.unseen == whole.unseen == {"nowhere"}
    assert parts.records == whole.records
    assert len(pids) == processes
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_that_ends_early_costs_nothing(path: Path, monkeypatch: pytest.MonkeyPatch, pids: list[int]) -> None:
    monkeypatch.setattr(reading, "PART_BYTES", 997)
    found = Reading(path, {}).in_parts(2, told)
    first = next(found)
    os.kill(pids[1], signal.SIGKILL)
    assert plain([first, *found]) == at_once(path)


def test_who_stops_listening_leaves_no_process(path: Path, monkeypatch: pytest.MonkeyPatch, pids: list[int]) -> None:
    monkeypatch.setattr(reading, "PART_BYTES", 997)
    found = Reading(path, {}).in_parts(2, told)
    next(found)
    found.close()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_only_long_files_of_lines_are_read_by_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    line = json.dumps({"problem": "a", "source": "x" * 1000}) + "\n"
    path = tmp_path / "a.jsonl"
    path.write_text(line * 10_000)
    assert reading.useful_processes(path, "podium") == 2
    assert reading.useful_processes(path, "humaneval") == 0
    monkeypatch.setattr(reading.threading, "active_count", lambda: 2)
    assert reading.useful_processes(path, "podium") == 0
    monkeypatch.setattr(reading.threading, "active_count", lambda: 1)
    path.write_text(f"[{line}]")
    assert reading.useful_processes(path, "podium") == 0
    path.write_text("[" + ",".join([line] * 10_000) + "]")
    assert reading.useful_processes(path, "podium") == 0
