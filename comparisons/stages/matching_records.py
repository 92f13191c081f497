"""Records of a file of samples -> rows for a set's problems, as far as each record by itself decides. No database, and
nothing here knows other records: several processes do this side by side.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from comparisons.models import ProblemSet
from comparisons.samplers.parsing import unanswered
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.reading import Parsed, Work, complaint
from comparisons.samplers.records import NO_PROGRAM, FieldError, Record
from comparisons.samplers.spools import Spools
from comparisons.stages.inserting import packed, row_of
from judge.answers import AnswerFlags, Match, answer_key, final_answer
from judge.errors import MissingRecord, RecordError
from judge.judgement import ANSWER_LANGUAGE
from judge.problem import TaskType

_EPSILON = 1e-6


@dataclass(frozen=True)
class Target:
    """A problem of the set; its slug as JSON has it. `match`: of a short answer; None where programs are judged."""

    id: int
    slug: str
    points: Mapping[int, float]
    match: Match | None


class Entry(NamedTuple):
    """What an import must know of a record beside the others, in plain values: not its texts.

    `wrong`: file, line and reason where there is no candidate, and whether nobody answered. `target`: its problem's id;
    None where the set has no such problem. `line_start`, `line_end`: of its line in the revision's hash, the index
    between them.
    """

    number: int
    line: int
    file: str
    wrong: tuple[str, int, str, bool] | None = None
    problem: str = ""
    target: int | None = None
    subtask: int | None = None
    index: int | None = None  # type: ignore[assignment]  # no one looks for a value's place in an entry
    attempt: int = 1
    language: str = ""
    has_program: bool = False
    no_program: str = ""
    has_scores: bool = False
    line_start: str = ""
    line_end: str = ""


def targets_of(problem_set: ProblemSet) -> dict[str, Target]:
    """The set's problems by slug. Two queries."""
    problems = problem_set.problems.filter(current_version__isnull=False).select_related("current_version")
    targets = {}
    for problem in problems.prefetch_related("current_version__subtasks"):
        assert problem.current_version is not None
        subtasks = problem.current_version.subtasks.all()
        is_answer = problem.current_version.task_type == TaskType.ANSWER
        flags = problem.current_version.manifest["checker"]["flags"] if is_answer else ()
        match = AnswerFlags.parse(flags).match if is_answer else None
        points = {subtask.index: subtask.points for subtask in subtasks}
        targets[problem.slug] = Target(problem.pk, json.dumps(problem.slug), points, match)
    return targets


def matching(targets: Mapping[str, Target], spools: Spools) -> Work:
    """Records -> (a plain `Entry` of each; where the rows of those that have a target and nothing wrong lie, `packed`,
    in the reader's spool)."""
    return partial(_matched, targets, spools)


def as_answer(record: Record, match: Match = Match.EXACT) -> Record:
    """A record of a short-answer problem: its answer, or the one that its raw text comes to. It has no program; its
    hash is what equal answers share. Where the file says why there is none, none is looked for."""
    given = "" if record.no_program in NO_PROGRAM else record.no_program
    if not record.answer and record.raw and not given:
        given = unanswered(record.finish_reason)
    answer = record.answer or ("" if given else final_answer(record.raw) or record.source.strip())
    has_none = not answer and record.scores is None
    reason = given or "no answer" if has_none else ""
    digest = program_hash(answer_key(answer, match), ANSWER_LANGUAGE)
    return record._replace(answer=answer, source="", language="", program_hash=digest, no_program=reason)


def _matched(
    targets: Mapping[str, Target], spools: Spools, records: Iterable[Parsed], reader: int
) -> tuple[list[tuple[Any, ...]], tuple[int, ...]]:
    entries: list[tuple[Any, ...]] = []
    rows = []
    for number, line, file, record in records:
        if isinstance(record, RecordError):
            is_missing = isinstance(record, MissingRecord)
            entries.append(tuple(Entry(number, line, file, (record.path, record.line, record.reason, is_missing))))
            continue
        target = targets.get(record.problem)
        if target is None:
            entries.append(tuple(Entry(number, line, file, None, record.problem)))
            continue
        try:
            _check(target, record)
        except FieldError as error:
            wrong = complaint(number, line, file, str(error))
            entries.append(tuple(Entry(number, line, file, (wrong.path, wrong.line, wrong.reason, False))))
            continue
        if target.match is not None:
            record = as_answer(record, target.match)
        entries.append((number, line, file, None, *_told(target, record)))
        rows.append(row_of(target.id, record))
    return entries, tuple(spools.write(reader, marshal.dumps(packed(rows))))


def _told(target: Target, record: Record) -> tuple[Any, ...]:
    """The rest of an `Entry`. Its line of the hash is a JSON array, as `json.dumps` writes it."""
    content = record.program_hash or (hashlib.sha256(record.answer.encode()).hexdigest() if record.answer else "")
    subtask = "null" if record.subtask is None else record.subtask
    scores = "null" if record.scores is None else json.dumps(list(record.scores.items()))
    return (
        record.problem,
        target.id,
        record.subtask,
        record.index,
        record.attempt,
        record.language,
        bool(record.source),
        record.no_program,
        record.scores is not None,
        f"[{target.slug}, {subtask}, ",
        f', {record.attempt}, "{content}", {scores}]',
    )


def _check(target: Target, record: Record) -> None:
    """Raises FieldError where the record does not fit its problem."""
    if record.subtask is not None and record.subtask not in target.points:
        raise FieldError(f'"{record.problem}" has no subtask {record.subtask}')
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
