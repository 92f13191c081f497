"""A file of samples -> the candidates it holds for a set. It is read once, outside any transaction, and what it holds
lies in a spool on disk until all of it is known to be good; `writing_pools` makes rows of it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from comparisons.models import ProblemSet
from comparisons.samplers import program_tokens
from comparisons.samplers.formats import detect
from comparisons.samplers.frames import read_frame, write_frame
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.reading import Parsed, Reading, complaint, useful_processes
from comparisons.samplers.records import NO_PROGRAM, FieldError, Record
from comparisons.stages.candidate_keys import CandidateKeys, SortedDigest
from comparisons.stages.completing import read_programs
from comparisons.stages.inserting import Row, row_of
from comparisons.stages.unmatched import unmatched
from judge.answers import answer_key, final_answer
from judge.errors import RecordError
from judge.judgement import ANSWER_LANGUAGE
from judge.problem import TaskType

#: Candidates that lie in the spool as one frame.
BATCH = 500
_EPSILON = 1e-6

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Skipped:
    """A record that was left out: its number, its line (0 in an array), why."""

    record: int
    line: int
    reason: str


@dataclass
class Scan:
    """What a file holds for a set; the rows of its candidates lie in the spool, in file order."""

    spool: BinaryIO
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
    has_scores: bool = False
    aims: bool = False
    _waiting: list[Row] = field(default_factory=list)

    def keep(self, target: Target, index: int, record: Record) -> None:
        """Puts a candidate into the spool; `flush` after the last."""
        self.candidates += 1
        self.aims = self.aims or record.subtask is not None
        self.problems.add(target.id)
        self.languages[record.language] += bool(record.source)
        if record.no_program:
            self.no_program[record.no_program] += 1
        self.digest.add(_hash_line(target, index, record))
        self._waiting.append(row_of(target.id, index, record))
        if len(self._waiting) == BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what waits to be written."""
        if self._waiting:
            write_frame(self.spool, self._waiting)
            self._waiting = []

    def batches(self) -> Iterator[list[Row]]:
        """The rows (`inserting.COLUMNS`) in file order, at most `BATCH` at a time."""
        self.spool.seek(0)
        while batch := read_frame(self.spool):
            yield batch


@dataclass(frozen=True)
class Target:
    """A problem of the set; its slug as JSON has it."""

    id: int
    slug: str
    points: Mapping[int, float]
    takes_answers: bool


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
    reading, targets = Reading(path, mapping or {}), _targets(problem_set)
    program_tokens.load(program_tokens.build(settings.PODIUM_CACHE))
    with ExitStack() as files:
        spool, digest = files.enter_context(tempfile.TemporaryFile()), files.enter_context(SortedDigest())
        found = Scan(cast(BinaryIO, spool), digest, form)
        processes = useful_processes(path, form)
        parsed = reading.in_parts(processes) if processes else reading.of(read_programs(path, problem_set, format=form))
        files.callback(parsed.close)
        for record in parsed:
            found.records += 1
            if progress:
                progress(found.records, None)
            try:
                _take(found, targets, record)
            except RecordError as error:
                if not skip_errors:
                    raise
                found.skipped.append(Skipped(record.number, error.line, error.reason))
        if reading.unseen:
            raise RecordError(path.name, 0, f"no record has the key {sorted(reading.unseen)[0]!r} that was mapped")
        if not found.candidates:
            raise RecordError(path.name, 0, _nothing(found, problem_set, list(targets)))
        found.flush()
        yield found


def as_answer(record: Record) -> Record:
    """A record of a short-answer problem: its answer, or the one that its raw text comes to. It has no program; its
    hash is what equal answers share. Where the file says why there is none, none is looked for."""
    given = "" if record.no_program in NO_PROGRAM else record.no_program
    answer = record.answer or ("" if given else final_answer(record.raw) or record.source.strip())
    has_none = not answer and record.scores is None
    reason = given or "no answer" if has_none else ""
    digest = program_hash(answer_key(answer), ANSWER_LANGUAGE)
    return record._replace(answer=answer, source="", language="", program_hash=digest, no_program=reason)


def _targets(problem_set: ProblemSet) -> dict[str, Target]:
    problems = problem_set.problems.filter(current_version__isnull=False).select_related("current_version")
    targets = {}
    for problem in problems.prefetch_related("current_version__subtasks"):
        assert problem.current_version is not None
        subtasks = problem.current_version.subtasks.all()
        takes_answers = problem.current_version.task_type == TaskType.ANSWER
        points = {subtask.index: subtask.points for subtask in subtasks}
        targets[problem.slug] = Target(problem.pk, json.dumps(problem.slug), points, takes_answers)
    return targets


def _take(found: Scan, targets: Mapping[str, Target], parsed: Parsed) -> None:
    record = parsed.found
    if isinstance(record, RecordError):
        raise record
    target = targets.get(record.problem)
    if target is None:
        found.unmatched[record.problem] += 1
        found.skipped.append(Skipped(parsed.number, parsed.line, f"the set has no problem {record.problem!r}"))
        return
    try:
        _check(found, target, record)
        index = found.keys.place(target.id, record)
    except FieldError as error:
        raise complaint(parsed.number, parsed.line, parsed.file, str(error)) from None
    found.has_scores = record.scores is not None
    found.keep(target, index, as_answer(record) if target.takes_answers else record)


def _check(found: Scan, target: Target, record: Record) -> None:
    """Raises FieldError where the record does not fit its problem or the records before it."""
    if record.subtask is not None and record.subtask not in target.points:
        raise FieldError(f'"{record.problem}" has no subtask {record.subtask}')
    if found.candidates and (record.scores is not None) != found.has_scores:
        raise FieldError('"scores" is missing, but others have it' if found.has_scores else '"scores" is new here')
    if record.scores is not None:
        _check_scores(record, record.scores, target)


def _check_scores(record: Record, scores: Mapping[int, float], target: Target) -> None:
    for index, points in target.points.items():
        if index not in scores:
            raise FieldError(f'"scores" has no subtask {index} of "{record.problem}"')
        if scores[index] > points + _EPSILON:
            raise FieldError(f'"scores" of subtask {index} is {scores[index]:g}, but it is worth {points:g}')
    strange = sorted(set(scores) - set(target.points))
    if strange:
        raise FieldError(f'"scores" names subtask {strange[0]}, which "{record.problem}" does not have')


def _nothing(found: Scan, problem_set: ProblemSet, slugs: list[str]) -> str:
    if not found.unmatched:
        return "holds no record that can be read" if found.skipped else "holds no records"
    first = unmatched(found.unmatched, slugs)[0]
    near = f", nearest: {', '.join(first.nearest)}" if first.nearest else ""
    return (
        f"none of its {sum(found.unmatched.values()):,} records is for a problem of the set {problem_set.slug}"
        f" (the first problem is {first.slug!r}{near})"
    )


def _hash_line(target: Target, index: int, record: Record) -> bytes:
    """The candidate's line of its revision's hash: a JSON array, as `json.dumps` writes it."""
    content = record.program_hash or (hashlib.sha256(record.answer.encode()).hexdigest() if record.answer else "")
    subtask = "null" if record.subtask is None else record.subtask
    scores = "null" if record.scores is None else json.dumps(list(record.scores.items()))
    return f'[{target.slug}, {subtask}, {index}, {record.attempt}, "{content}", {scores}]'.encode()
