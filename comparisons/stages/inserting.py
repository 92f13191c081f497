"""Many candidates -> rows, by one prepared INSERT. `bulk_create` spends four fifths of its time on making model objects
and preparing each value by its field; what an import has checked needs neither."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from comparisons.models import Candidate
from comparisons.samplers.records import TOKENS, Record

#: What a row says of its candidate, in its order; the rest is the same for all.
COLUMNS = (
    "problem_id", "subtask", "index", "attempt", "language", "source", "program_hash", "no_program", "answer", "raw",
    *TOKENS, "latency_s", "finish_reason", "scores", "extra", "turns", "run_cpu_s", "said",
)  # fmt: skip

Row = tuple[Any, ...]


def row_of(problem: int, index: int, record: Record) -> Row:
    """The values of `COLUMNS`, as the database takes them."""
    scores = {str(subtask): score for subtask, score in record.scores.items()} if record.scores is not None else None
    return (
        problem,
        record.subtask,
        index,
        record.attempt,
        record.language,
        record.source,
        record.program_hash,
        record.no_program,
        record.answer,
        record.raw,
        *[record.tokens.get(name) for name in TOKENS],
        record.latency_s,
        record.finish_reason,
        None if scores is None else json.dumps(scores),
        json.dumps(dict(record.extra)) if record.extra else "{}",
        record.turns,
        record.run_cpu_s,
        None if record.said is None else json.dumps(record.said),
    )


def insert_candidates(pool: int, rows: Sequence[Row]) -> None:
    """Inserts these candidates of the pool: one statement, in the caller's transaction."""
    quote = connection.ops.quote_name
    same = {"pool_id": pool, "revision": 1}
    columns = ", ".join(quote(name) for name in (*same, *COLUMNS))
    values = ", ".join((*(f"{value:d}" for value in same.values()), *["%s"] * len(COLUMNS)))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(Candidate._meta.db_table)} ({columns}) VALUES ({values})",  # noqa: S608 - names of ours
            rows,
        )
