"""A file of samples -> a frozen pool. The file is read once, outside any transaction, into a spool on disk; then all
rows are written in one transaction, so other writers wait only while they are inserted, and memory holds little more
than the candidates' keys.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from django.db import transaction

from comparisons.models import Candidate, LanguageModel, Pool, PoolRevision, ProblemSet, User
from comparisons.samplers.formats import RawRecord, detect
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.records import FieldError, Record, find, parse_record
from comparisons.stages.completing import read_programs
from comparisons.stages.inserting import insert_candidates
from comparisons.stages.scoring_elsewhere import ScoredCandidate, score_elsewhere
from judge.answers import answer_key, final_answer
from judge.errors import RecordError
from judge.judgement import ANSWER_LANGUAGE
from judge.problem import TaskType

BATCH = 2000
#: Candidates that lie in the spool as one pickle: their field names are written and read once for all.
_TOGETHER = 100
#: What the pool row keeps of its import; the report of the call itself is complete.
KEPT_IN_ROW = 100
#: Parts of a recipe that are columns of the pool.
RECIPE_COLUMNS = ("temperature", "effort", "prompt_version")
_EPSILON = 1e-6

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Skipped:
    """A record that was left out: its number, its line (0 in an array), why."""

    record: int
    line: int
    reason: str


@dataclass(frozen=True)
class Unmatched:
    """A problem of the file that is not in the set: how many records it has there, the set's nearest names."""

    slug: str
    n: int
    nearest: tuple[str, ...]


@dataclass
class Scan:
    """What a file holds for a set; its candidates lie in the spool, in file order."""

    spool: IO[bytes]
    format: str
    records: int = 0
    candidates: int = 0
    problems: set[int] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    unmatched: Counter[str] = field(default_factory=Counter)
    no_program: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    has_scores: bool = False
    aims: bool = False
    _waiting: list[tuple[int, Record]] = field(default_factory=list)

    def keep(self, problem: int, record: Record) -> None:
        """Puts a candidate into the spool; `flush` after the last."""
        self.candidates += 1
        self._waiting.append((problem, record))
        if len(self._waiting) == _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Writes what waits to be written."""
        if self._waiting:
            pickle.dump(self._waiting, self.spool, protocol=pickle.HIGHEST_PROTOCOL)
            self._waiting = []

    def rows(self) -> Iterator[tuple[int, Record]]:
        """(problem id, record) in file order; every index is set."""
        self.spool.seek(0)
        for _ in range(-(-self.candidates // _TOGETHER)):
            yield from pickle.load(self.spool)  # noqa: S301 - our own file, which has no name


@dataclass(frozen=True)
class _Target:
    id: int
    points: Mapping[int, float]
    takes_answers: bool


class _Keys:
    """The keys that are taken, and the next free index of each unit."""

    def __init__(self) -> None:
        # One number for index and attempt (which is below 2**15): a third of a tuple's memory.
        self._taken: dict[tuple[int, int | None], set[int]] = {}
        self._next: dict[tuple[int, int | None], int] = {}

    def place(self, problem: int, record: Record) -> Record:
        """The record with its index. Raises FieldError where another record has its key."""
        unit = (problem, record.subtask)
        taken = self._taken.setdefault(unit, set())
        index = record.index
        if index is None:
            index = self._next.get(unit, 0)
            while index << 15 | record.attempt in taken:
                index += 1
            self._next[unit] = index + 1
        key = index << 15 | record.attempt
        if key in taken:
            aim = "" if record.subtask is None else f", subtask {record.subtask}"
            raise FieldError(f'"{record.problem}"{aim}, index {index}, attempt {record.attempt} was there before')
        taken.add(key)
        return record if record.index is not None else replace(record, index=index)

    def draws(self) -> int:
        """The largest number of draws any unit has."""
        return max((len({key >> 15 for key in taken}) for taken in self._taken.values()), default=0)


@contextmanager
def scan(
    path: Path,
    problem_set: ProblemSet,
    *,
    format: str = "auto",
    mapping: Mapping[str, str] | None = None,
    skip_errors: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[Scan, int]]:
    """(what the file holds for the set, draws of its largest unit). Raises RecordError for the first record that cannot
    be read (unless skipped), for a file that cannot be read on, and where a mapped key is in no record."""
    name = path.name
    form = detect(path) if format == "auto" else format
    names = dict(mapping or {})
    targets, keys, unseen = _targets(problem_set), _Keys(), set(names.values())
    with tempfile.TemporaryFile() as spool:
        found = Scan(spool, form)
        for raw in read_programs(path, problem_set, format=form):
            found.records += 1
            if progress:
                progress(found.records, None)
            if isinstance(raw, RecordError):
                _leave_out(found, raw, found.records, skip_errors)
                continue
            if unseen:
                unseen -= {key for key in unseen if find(raw.data, key) is not None}
            try:
                _take(found, keys, targets, parse_record(raw.data, names), raw)
            except FieldError as error:
                where = "" if raw.line else f"record {raw.number}: "
                hint = _hint(raw.data) if "problem" not in names and "problem" not in raw.data else ""
                _leave_out(
                    found, RecordError(raw.file or name, raw.line, f"{where}{error}{hint}"), raw.number, skip_errors
                )
        if unseen:
            raise RecordError(name, 0, f"no record has the key {sorted(unseen)[0]!r} that was mapped")
        if not found.candidates:
            raise RecordError(name, 0, _nothing(found, problem_set, list(targets)))
        found.flush()
        yield found, keys.draws()


def write_pool(
    user: User,
    scanned: Scan,
    *,
    problem_set: ProblemSet,
    model: LanguageModel,
    name: str,
    n_draws: int,
    recipe: Mapping[str, Any],
    report: Mapping[str, Any],
    progress: Progress | None = None,
) -> Pool:
    """The pool with its candidates, its first revision and, where the records have scores, its judging: one
    transaction, one bulk insert per `BATCH` candidates."""
    languages = [language for language in scanned.languages if language]
    with transaction.atomic():
        pool = Pool.objects.create(
            problem_set=problem_set,
            model=model,
            name=name,
            formulation=Pool.Formulation.SUBTASK if scanned.aims else Pool.Formulation.PROBLEM,
            language=languages[0] if len(languages) == 1 else "",
            temperature=recipe.get("temperature"),
            effort=recipe.get("effort", ""),
            prompt_version=recipe.get("prompt_version", ""),
            recipe={key: value for key, value in recipe.items() if key not in RECIPE_COLUMNS},
            is_scored_elsewhere=scanned.has_scores,
            is_simulated=model.is_simulated,
            import_report=dict(report),
            created_by=user,
        )
        lines: list[bytes] = []
        scored: list[ScoredCandidate] = []
        for batch in _batches(scanned):
            lines += [_hash_line(problem, record) for problem, record in batch]
            if scanned.has_scores:
                rows = Candidate.objects.bulk_create(_candidate(pool, problem, record) for problem, record in batch)
                scored += map(_scored, rows)
            else:
                insert_candidates(_candidate_values(pool, problem, record) for problem, record in batch)
            if progress:
                progress(len(lines), scanned.candidates)
        revision = PoolRevision.objects.create(
            pool=pool,
            n_candidates=len(lines),
            n_draws=n_draws,
            content_hash=_content_hash(lines),
        )
        if scored:
            score_elsewhere(user, revision, scored)
    return pool


def unmatched(counts: Mapping[str, int], slugs: list[str]) -> list[Unmatched]:
    """The problems that are not in the set, most records first, with the set's nearest names (for the first 200)."""
    lower = {slug.lower(): slug for slug in slugs}
    found = []
    for place, (slug, n) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        near = difflib.get_close_matches(slug.lower(), lower, n=3, cutoff=0.6) if place < 2 * KEPT_IN_ROW else []
        found.append(Unmatched(slug, n, tuple(lower[name] for name in near)))
    return found


def _targets(problem_set: ProblemSet) -> dict[str, _Target]:
    problems = problem_set.problems.filter(current_version__isnull=False).select_related("current_version")
    targets = {}
    for problem in problems.prefetch_related("current_version__subtasks"):
        assert problem.current_version is not None
        subtasks = problem.current_version.subtasks.all()
        takes_answers = problem.current_version.task_type == TaskType.ANSWER
        points = {subtask.index: subtask.points for subtask in subtasks}
        targets[problem.slug] = _Target(problem.pk, points, takes_answers)
    return targets


def _take(found: Scan, keys: _Keys, targets: Mapping[str, _Target], record: Record, raw: RawRecord) -> None:
    target = targets.get(record.problem)
    if target is None:
        found.unmatched[record.problem] += 1
        found.skipped.append(Skipped(raw.number, raw.line, f"the set has no problem {record.problem!r}"))
        return
    if record.subtask is not None and record.subtask not in target.points:
        raise FieldError(f'"{record.problem}" has no subtask {record.subtask}')
    if target.takes_answers:
        record = as_answer(record)
    has_scores = record.scores is not None
    if found.candidates and has_scores != found.has_scores:
        raise FieldError('"scores" is missing, but others have it' if found.has_scores else '"scores" is new here')
    if record.scores is not None:
        _check_scores(record, record.scores, target)
    record = keys.place(target.id, record)
    found.has_scores = has_scores
    found.aims = found.aims or record.subtask is not None
    found.problems.add(target.id)
    found.languages[record.language] += bool(record.source)
    if record.no_program:
        found.no_program[record.no_program] += 1
    found.keep(target.id, record)


def as_answer(record: Record) -> Record:
    """A record of a short-answer problem: its answer, or the one that its raw text comes to. It has no program; its
    hash is what equal answers share."""
    answer = record.answer or final_answer(record.raw) or record.source.strip()
    has_none = not answer and record.scores is None
    reason = "no answer" if has_none else ""
    digest = program_hash(answer_key(answer), ANSWER_LANGUAGE)
    return replace(record, answer=answer, source="", language="", program_hash=digest, no_program=reason)


def _check_scores(record: Record, scores: Mapping[int, float], target: _Target) -> None:
    for index, points in target.points.items():
        if index not in scores:
            raise FieldError(f'"scores" has no subtask {index} of "{record.problem}"')
        if scores[index] > points + _EPSILON:
            raise FieldError(f'"scores" of subtask {index} is {scores[index]:g}, but it is worth {points:g}')
    strange = sorted(set(scores) - set(target.points))
    if strange:
        raise FieldError(f'"scores" names subtask {strange[0]}, which "{record.problem}" does not have')


def _leave_out(found: Scan, error: RecordError, number: int, skip_errors: bool) -> None:
    if not skip_errors:
        raise error
    found.skipped.append(Skipped(number, error.line, error.reason))


def _hint(data: Mapping[str, Any]) -> str:
    return f" (its keys: {', '.join(list(data)[:12])}; say which one names the problem with --map problem=KEY)"


def _nothing(found: Scan, problem_set: ProblemSet, slugs: list[str]) -> str:
    if not found.unmatched:
        return "holds no record that can be read" if found.skipped else "holds no records"
    first = unmatched(found.unmatched, slugs)[0]
    near = f", nearest: {', '.join(first.nearest)}" if first.nearest else ""
    return (
        f"none of its {sum(found.unmatched.values()):,} records is for a problem of the set {problem_set.slug}"
        f" (the first problem is {first.slug!r}{near})"
    )


def _batches(scanned: Scan) -> Iterator[list[tuple[int, Record]]]:
    batch: list[tuple[int, Record]] = []
    for row in scanned.rows():
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _candidate(pool: Pool, problem: int, record: Record) -> Candidate:
    return Candidate(**_candidate_values(pool, problem, record))


def _candidate_values(pool: Pool, problem: int, record: Record) -> dict[str, Any]:
    """By attribute name of the row."""
    assert record.index is not None
    scores = {str(index): score for index, score in record.scores.items()} if record.scores is not None else None
    return {
        "pool_id": pool.pk,
        "problem_id": problem,
        "subtask": record.subtask,
        "index": record.index,
        "attempt": record.attempt,
        "language": record.language,
        "source": record.source,
        "program_hash": record.program_hash,
        "no_program": record.no_program,
        "answer": record.answer,
        "raw": record.raw,
        "latency_s": record.latency_s,
        "finish_reason": record.finish_reason,
        "scores": scores,
        "extra": dict(record.extra),
        **record.tokens,
    }


def _scored(row: Candidate) -> ScoredCandidate:
    assert row.scores is not None
    scores = tuple(row.scores[index] for index in sorted(row.scores, key=int))
    return ScoredCandidate(row.problem_id, row.subtask, row.index, row.attempt, row.pk, scores)


def _content_hash(lines: list[bytes]) -> str:
    """SHA-256 of the sorted lines with line ends between them; sorts in place, and joins no more than one."""
    lines.sort()
    digest = hashlib.sha256()
    for place, line in enumerate(lines):
        digest.update(b"\n" + line if place else line)
    return digest.hexdigest()


def _hash_line(problem: int, record: Record) -> bytes:
    content = record.program_hash or (hashlib.sha256(record.answer.encode()).hexdigest() if record.answer else "")
    scores = list(record.scores.items()) if record.scores is not None else None
    return json.dumps([record.problem, record.subtask, record.index, record.attempt, content, scores]).encode()
