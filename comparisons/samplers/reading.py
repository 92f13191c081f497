"""A file of samples -> its candidates, checked field by field, in the order of the file, batch by batch.

A long file of JSON lines is read by several processes, each of which takes every so-manieth part of it. They read,
check and do the caller's work on each batch, which touches nothing outside: what it makes comes back through pipes, in
order, as one process would make it. A process that ends early costs time only: its parts are then read here.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from comparisons.samplers.formats import PODIUM, RawRecord
from comparisons.samplers.formats.json_records import are_lines, line_records, part_of
from comparisons.samplers.frames import read_frame, write_frame
from comparisons.samplers.records import FieldError, Record, find, parse_record
from judge.errors import RecordError

#: What is read at a time, by one process.
PART_BYTES = 1 << 20
#: Records of a file that is read here.
BATCH = 500
#: Below it a second process gains less than it costs.
_LONG_BYTES = 8 << 20
_MOST_PROCESSES = 4


class Parsed(NamedTuple):
    """A record's number (from 1), its line (0 where the file has none), its file, and the candidate or what is wrong
    with it."""

    number: int
    line: int
    file: str
    found: Record | RecordError


class Batch(NamedTuple):
    """What the caller's work made of records that follow each other: how many records and lines of the file stand
    before those that it counted from 1, and what it made, in plain values (`frames`)."""

    records: int
    lines: int
    made: Any


#: Of records that follow each other, and the number of the process that reads them: from 0, the last one this one's.
Work = Callable[[Iterable[Parsed], int], Any]


class _Part(NamedTuple):
    """What was made of a part of a file, numbered from its own beginning; its numbers of records and lines; the mapped
    keys that none of its records has."""

    made: Any
    records: int
    lines: int
    unseen: list[str]


class Reading:
    """The records of one file. `unseen`: the keys of the mapping that no record has had so far; `records`: how many
    there were."""

    def __init__(self, path: Path, mapping: Mapping[str, str]) -> None:
        self.path = path
        self.mapping = mapping
        self.unseen = set(mapping.values())
        self.records = 0

    def of(self, records: Iterable[RawRecord | RecordError]) -> Generator[Parsed]:
        """These records of the file, parsed."""
        name = self.path.name
        for raw in records:
            self.records += 1
            if isinstance(raw, RecordError):
                yield Parsed(self.records, raw.line, name, raw)
                continue
            if self.unseen:
                self.unseen -= {key for key in self.unseen if find(raw.data, key) is not None}
            file = raw.file or name
            try:
                yield Parsed(raw.number, raw.line, file, parse_record(raw.data, self.mapping))
            except FieldError as error:
                said = f"{error}{self._hint(raw.data)}"
                yield Parsed(raw.number, raw.line, file, complaint(raw.number, raw.line, file, said))

    def in_batches(self, records: Iterable[RawRecord | RecordError], work: Work) -> Generator[Batch]:
        """These records of the file, a few at a time."""
        parsed = self.of(records)
        while batch := list(islice(parsed, BATCH)):
            yield Batch(0, 0, work(batch, 0))

    def in_parts(self, processes: int, work: Work) -> Generator[Batch]:
        """All records of a file of JSON lines, a part of the file at a time, read by so many processes."""
        line = 0
        with self.path.open("rb") as stream, ExitStack() as running:
            pipes = [running.enter_context(self._process(place, processes, work)) for place in range(processes)]
            for place in range(_parts(self.path)):
                said = read_frame(pipes[place % processes])
                part = _Part(*said) if said else self._part(stream, place, work, processes)
                yield Batch(self.records, line, part.made)
                self.records += part.records
                line += part.lines
                self.unseen.intersection_update(part.unseen)

    @contextmanager
    def _process(self, first: int, step: int, work: Work) -> Iterator[BinaryIO]:
        """What a process of its own says of the parts `first`, `first + step`, ... It ends when nobody listens."""
        out, into = os.pipe()
        child = os.fork()
        if not child:
            os.close(out)  # else it would listen to itself, and wait for ever where its parent was killed
            self._say_parts(into, first, step, work)
        os.close(into)
        try:
            with open(out, "rb") as pipe:
                yield pipe
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def _say_parts(self, into: int, first: int, step: int, work: Work) -> None:
        """The whole life of a forked process. It leaves by `_exit` and collects no garbage of its parent: connections
        to a database and open files are never closed from here."""
        try:
            gc.disable()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends us
            with self.path.open("rb") as stream, open(into, "wb", closefd=False) as pipe:
                for place in range(first, _parts(self.path), step):
                    write_frame(pipe, tuple(self._part(stream, place, work, first)))
                    pipe.flush()
        finally:
            os._exit(0)

    def _part(self, stream: BinaryIO, place: int, work: Work, reader: int) -> _Part:
        content = part_of(stream, place * PART_BYTES, (place + 1) * PART_BYTES)
        lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
        reading = Reading(self.path, self.mapping)
        made = work(reading.of(line_records(io.BytesIO(content), self.path.name)), reader)
        return _Part(made, reading.records, lines, list(reading.unseen))

    def _hint(self, data: Mapping[str, object]) -> str:
        if "problem" in self.mapping or "problem" in data:
            return ""
        return f" (its keys: {', '.join(list(data)[:12])}; say which one names the problem with --map problem=KEY)"


def complaint(number: int, line: int, file: str, said: str) -> RecordError:
    """What is wrong with a record, under its line or, where there are none, its number."""
    return RecordError(file, line, said if line else f"record {number}: {said}")


def useful_processes(path: Path, format: str) -> int:
    """How many processes shorten the reading of this file; 0: this one alone. Only a process without threads can be
    forked safely."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if cores < 2 or format != PODIUM or threading.active_count() > 1 or not path.is_file():
        return 0
    if path.stat().st_size < _LONG_BYTES or not are_lines(path):
        return 0
    return min(cores, _MOST_PROCESSES)


def _parts(path: Path) -> int:
    return -(-path.stat().st_size // PART_BYTES)
