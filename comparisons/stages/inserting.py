"""Many candidates -> rows, by one prepared INSERT. `bulk_create` spends four fifths of its time on making model objects
and preparing each value by its field; what an import has checked needs neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connection, models

from comparisons.models import Candidate


def insert_candidates(rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts these rows (attribute name -> value, as the database takes it, but for JSON); what is left out has its
    default. One statement, in the caller's transaction. Gives no primary keys back."""
    fields = [field for field in Candidate._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(Candidate._meta.db_table)} ({columns}) VALUES ({marks})",  # noqa: S608 - names of ours
            list(_values(fields, rows)),
        )


def _values(fields: list[Any], rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    names = [(field.attname, field.get_default(), isinstance(field, models.JSONField)) for field in fields]
    for row in rows:
        yield tuple(
            _json(row.get(name, default)) if is_json else row.get(name, default) for name, default, is_json in names
        )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value) if value else "{}"
