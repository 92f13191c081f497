"""A file of samples -> the candidates it holds for a set. It is read once, outside any transaction, and what it holds
lies in spools on disk until all of it is known to be good; `writing_pools` makes rows of it.
"""

from __future__ import annotations

import gc
import marshal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from comparisons.models import ProblemSet
from comparisons.samplers import program_tokens
from comparisons.samplers.formats import detect
from comparisons.samplers.frames import read_frame, write_frame
from comparisons.samplers.reading import Batch, Reading, complaint, useful_processes
from comparisons.samplers.records import FieldError
from comparisons.samplers.spools import Place, Spools
from comparisons.stages.candidate_keys import CandidateKeys, SortedDigest
from comparisons.stages.completing import read_programs
from comparisons.stages.inserting import Packed
from comparisons.stages.matching_records import Entry, matching, targets_of
from comparisons.stages.unmatched import unmatched
from judge.errors import RecordError

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Skipped:
    """A record that was left out: its number, its line (0 in an array), why; whether it is a draw that nobody answered
    and not one that cannot be read."""

    record: int
    line: int
    reason: str
    is_missing: bool = False


@dataclass
class Scan:
    """What a file holds for a set; the rows of its candidates lie in the spools; `order`: where, batch by batch, with
    the indices that are not their own."""

    spools: Spools
    order: BinaryIO
    digest: SortedDigest
    format: str
    records: int = 0
    candidates: int = 0
    keys: CandidateKeys = field(default_factory=CandidateKeys)
    problems: set[int] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    unmatched: Counter[str] = field(default_factory=Counter)
    no_program: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    has_scores: bool | None = None  # not known before the first candidate
    aims: bool = False

    def keep(self, kept: Sequence[tuple[Entry, int]]) -> None:
        """Counts candidates, with the index of each; their rows lie in the spools."""
        self.candidates += len(kept)
        self.aims = self.aims or any(entry.subtask is not None for entry, _ in kept)
        self.problems.update(entry.target for entry, _ in kept if entry.target is not None)
        self.languages.update(entry.language for entry, _ in kept if entry.has_program)
        self.no_program.update(entry.no_program for entry, _ in kept if entry.no_program)
        self.digest.add([f"{entry.line_start}{index}{entry.line_end}\n".encode() for entry, index in kept])

    def batches(self) -> Iterator[tuple[Packed, list[int] | None]]:
        """What `inserting.insert_candidates` takes, in file order, a few rows at a time."""
        self.order.seek(0)
        while batch := read_frame(self.order):
            place, indices = batch
            yield marshal.loads(self.spools.read(Place(*place))), indices  # noqa: S302 - we wrote it


@contextmanager
def scan(
    path: Path,
    problem_set: ProblemSet,
    *,
    format: str = "auto",
    mapping: Mapping[str, str] | None = None,
    skip_errors: bool = False,
    progress: Progress | None = None,
) -> Iterator[Scan]:
    """What the file holds for the set. Raises RecordError for the first record that cannot be read (unless skipped),
    for a file that cannot be read on, and where a mapped key is in no record."""
    form = detect(path) if format == "auto" else format
    reading, targets = Reading(path, mapping or {}), targets_of(problem_set)
    program_tokens.load(program_tokens.build(settings.PODIUM_CACHE))
    with _uncollected(), ExitStack() as files:
        processes = useful_processes(path, form)
        spools = files.enter_context(Spools.opened(processes + 1))
        order, digest = files.enter_context(tempfile.TemporaryFile()), files.enter_context(SortedDigest())
        found, work = Scan(spools, cast(BinaryIO, order), digest, form), matching(targets, spools)
        records = read_programs(path, problem_set, format=form)
        batches = reading.in_parts(processes, work) if processes else reading.in_batches(records, work)
        files.callback(batches.close)
        for batch in batches:
            _take(found, batch, skip_errors)
            if progress:
                progress(found.records, None)
        if reading.unseen:
            raise RecordError(path.name, 0, f"no record has the key {sorted(reading.unseen)[0]!r} that was mapped")
        if not found.candidates:
            raise RecordError(path.name, 0, _nothing(found, problem_set, list(targets)))
        yield found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collects no garbage: records hold no cycles, and to look through all that is alive every few hundred of them
    takes a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _take(found: Scan, batch: Batch, skip_errors: bool) -> None:
    """Keeps the rows of a batch, of those of its entries that have one, where they fit what was kept before."""
    entries, place = batch.made
    indices: list[int] = []
    kept: list[tuple[Entry, int]] = []
    found.records += len(entries)
    for entry in map(Entry._make, entries):
        index = -1
        try:
            if entry.wrong:
                raise RecordError(*entry.wrong[:3])
            if entry.target is None:
                found.unmatched[entry.problem] += 1
                _skip(found, batch, entry, entry.line, f"the set has no problem {entry.problem!r}")
                continue
            index = _place(found, entry)
            kept.append((entry, index))
        except RecordError as error:
            is_missing = entry.wrong is not None and entry.wrong[3]
            if not skip_errors and not is_missing:
                raise RecordError(error.path, error.line + batch.lines, error.reason) from None
            _skip(found, batch, entry, error.line, error.reason, is_missing)
        if entry.target is not None:
            indices.append(index)
    found.keep(kept)
    are_their_own = len(kept) == len(indices) and all(entry.index == index for entry, index in kept)
    write_frame(found.order, (place, None if are_their_own else indices))


def _skip(found: Scan, batch: Batch, entry: Entry, line: int, reason: str, is_missing: bool = False) -> None:
    """Leaves a record out, under the numbers it has in the whole file."""
    found.skipped.append(Skipped(entry.number + batch.records, line + batch.lines, reason, is_missing))


def _place(found: Scan, entry: Entry) -> int:
    """The index of this candidate, now taken. Raises RecordError, its line counted as the entry's is."""
    assert entry.target is not None
    try:
        if found.has_scores is None:
            found.has_scores = entry.has_scores
        if entry.has_scores != found.has_scores:
            raise FieldError('"scores" is missing, but others have it' if found.has_scores else '"scores" is new here')
        return found.keys.place(entry.target, entry)
    except FieldError as error:
        raise complaint(entry.number, entry.line, entry.file, str(error)) from None


def _nothing(found: Scan, problem_set: ProblemSet, slugs: list[str]) -> str:
    if not found.unmatched:
        if found.skipped and all(item.is_missing for item in found.skipped):
            return "holds only draws that nobody answered"
        return "holds no record that can be read" if found.skipped else "holds no records"
    first = unmatched(found.unmatched, slugs)[0]
    near = f", nearest: {', '.join(first.nearest)}" if first.nearest else ""
    return (
        f"none of its {sum(found.unmatched.values()):,} records is for a problem of the set {problem_set.slug}"
        f" (the first problem is {first.slug!r}{near})"
    )
