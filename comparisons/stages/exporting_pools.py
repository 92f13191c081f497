"""A pool -> JSON lines that import as an equal pool."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from django.db.models import F

from comparisons.models import Candidate, Pool, Request
from comparisons.samplers.records import TOKENS, Record, to_data

CHUNK = 2000

#: In this order whatever the database sorts nulls as.
_ORDER = ("problem__position", "problem_id", F("subtask").asc(nulls_first=True), "index", "attempt")

#: What `_ORDER` sorts by; no subtask is 0.
_Key = tuple[int, int, int, int, int]
_Said = tuple[_Key, tuple[str, ...]]


def export_lines(pool: Pool) -> Iterator[str]:
    """One line (with its end) per candidate, in key order: what a download streams. Two queries, read side by side."""
    rows = Candidate.objects.filter(pool=pool).select_related("problem").order_by(*_ORDER)
    told = _told(pool)
    head = next(told, None)
    for candidate in rows.iterator(chunk_size=CHUNK):
        key = _key(
            candidate.problem.position, candidate.problem_id, candidate.subtask, candidate.index, candidate.attempt
        )
        while head and head[0] < key:  # of an attempt that has no answer yet
            head = next(told, None)
        said = head[1] if head and head[0] == key else candidate.said
        record = _record(candidate, said, with_scores=pool.is_scored_elsewhere)
        yield json.dumps(to_data(record), ensure_ascii=False) + "\n"


def generated_tests_lines(pool: Pool) -> Iterator[str]:
    """One line (with its end) per problem with generated tests: the samples, from which an import finds the tests
    again. One query."""
    for row in pool.generated_tests.select_related("problem").order_by("problem__position", "problem_id"):
        tests = row.load()
        data = {"problem": row.problem.slug, "entry_point": tests.entry_point, "samples": tests.samples}
        yield json.dumps(data, ensure_ascii=False) + "\n"


def write_lines(lines: Iterable[str], path: Path) -> int:
    """Writes the lines to `path` and returns their number. A killed export leaves what was there before.

    Raises OSError where the file cannot be written.
    """
    n = 0
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        try:
            for line in lines:
                part.write(line)
                n += 1
        except BaseException:
            os.unlink(part.name)
            raise
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)
    return n


def _told(pool: Pool) -> Iterator[_Said]:
    """What was said before each further attempt that was drawn here, and answered in between, in key order. Left out
    where it was not kept."""
    answered = (Request.Outcome.ANSWERED, Request.Outcome.REFUSED)
    calls = Request.objects.filter(pool=pool, attempt__gt=1, outcome__in=answered).order_by(*_ORDER, "turn", "pk")
    columns = ("problem__position", "problem_id", "subtask", "index", "attempt", "said", "answer")
    found = calls.values_list(*columns).iterator(chunk_size=CHUNK)
    for key, turns in groupby(found, key=lambda row: _key(*row[:5])):
        texts = [text for *_, said, answer in turns for text in (said, answer)]
        if all(texts[:-1]):  # the last answer is the candidate's
            yield key, tuple(texts[:-1])


def _key(position: int, problem: int, subtask: int | None, index: int, attempt: int) -> _Key:
    return position, problem, subtask or 0, index, attempt


def _record(candidate: Candidate, said: Sequence[str] | None, *, with_scores: bool) -> Record:
    scores = {int(index): score for index, score in candidate.scores.items()} if candidate.scores is not None else None
    return Record(
        problem=candidate.problem.slug,
        index=candidate.index,
        subtask=candidate.subtask,
        attempt=candidate.attempt,
        language=candidate.language,
        source=candidate.source,
        program_hash=candidate.program_hash,
        no_program=candidate.no_program,
        answer=candidate.answer,
        raw=candidate.raw,
        tokens={name: getattr(candidate, name) for name in TOKENS},
        latency_s=candidate.latency_s,
        finish_reason=candidate.finish_reason,
        scores=scores if with_scores else None,
        extra=candidate.extra,
        turns=candidate.turns,
        run_cpu_s=candidate.run_cpu_s,
        said=None if said is None else tuple(said),
    )
