"""Many rows at once, by prepared statements. `bulk_create` spends four fifths of its time on making model objects and
preparing each value by its field; what an import has checked, or drawing made itself, needs neither."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from comparisons.models import Candidate, Request
from comparisons.samplers.records import TOKENS, Record

#: What a row says of its candidate, in its order; the rest is the same for all. Its index comes first.
COLUMNS = (
    "index", "problem_id", "subtask", "attempt", "language", "source", "program_hash", "no_program", "answer", "raw",
    *TOKENS, "latency_s", "finish_reason", "scores", "extra", "turns", "run_cpu_s", "said",
)  # fmt: skip

#: Of a candidate that was drawn here, the call that brought it too.
DRAWN = (*COLUMNS, "request_id")

#: What changes of a request when it ends, beside the time.
ENDED = ("outcome", "answer", "latency_s", "error_kind", "error", "charged_nano_usd", "is_charge_known", *TOKENS)

Row = tuple[Any, ...]
#: (columns, rows, literals by column): what all rows share is written into the statement. Binding a value of a row
#: takes as long as storing it, and most columns of most files are empty.
Packed = tuple[list[str], list[Row], dict[str, str]]


def row_of(problem: int, record: Record) -> Row:
    """The values of `COLUMNS`, as the database takes them; the index is None where it follows from other records."""
    scores = {str(subtask): score for subtask, score in record.scores.items()} if record.scores is not None else None
    return (
        record.index,
        problem,
        record.subtask,
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


def packed(rows: Sequence[Row], names: Sequence[str] = COLUMNS) -> Packed:
    """These rows without the columns in which all say the same. The index stays the first."""
    columns, literals = ["index"], dict[str, str]()
    varying: list[Sequence[Any]] = [[row[0] for row in rows]]
    for name, values in zip(names[1:], list(zip(*rows, strict=True))[1:], strict=False):
        literal = _literal(values[0])
        if literal and values.count(values[0]) == len(values):
            literals[name] = literal
        else:
            columns.append(name)
            varying.append(values)
    return columns, list(zip(*varying, strict=True)), literals


def _literal(value: Any) -> str:
    """How SQL writes it; "" for what is better bound: nothing that a file says gets into a statement."""
    if value is None:
        return "NULL"
    return str(value) if type(value) is int else {"": "''", "{}": "'{}'"}.get(value, "")


def insert_candidates(pool: int, rows: Packed, indices: Sequence[int] | None = None, *, revision: int = 1) -> int:
    """Inserts these candidates of the pool, in the caller's transaction, and returns their number. `indices`: of each
    row, where they are not its own; -1 leaves it out."""
    columns, values, literals = rows
    if indices is not None:
        values = [(index, *row[1:]) for index, row in zip(indices, values, strict=True) if index >= 0]
    if not values:
        return 0
    quote = connection.ops.quote_name
    same = {"pool_id": f"{pool:d}", "revision": f"{revision:d}", **literals}
    names = ", ".join(quote(name) for name in (*same, *columns))
    marks = ", ".join((*same.values(), *["%s"] * len(columns)))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(Candidate._meta.db_table)} ({names}) VALUES ({marks})",  # noqa: S608 - none of a file
            values,
        )
    return len(values)


def end_requests(ended_at: datetime, rows: Sequence[Row]) -> None:
    """Writes how calls ended, in the caller's transaction: the values of `ENDED` and the request's id, of each."""
    changes = ", ".join(f"{name} = %s" for name in ("ended_at", *ENDED))
    at = connection.ops.adapt_datetimefield_value(ended_at)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Request._meta.db_table} SET {changes} WHERE id = %s",  # noqa: S608 - names of ours
            [(at, *row) for row in rows],
        )
