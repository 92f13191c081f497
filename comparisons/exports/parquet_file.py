"""A table of a comparison as Parquet: the columns of its CSV with their types; unknown is null."""

from __future__ import annotations

import csv
import io
import re

from comparisons.exports.csv_files import TABLES
from comparisons.exports.documents import content_hash
from comparisons.metrics.rows import ComparisonReport

_GUARDED = re.compile(r"'[=+\-@\t\r]")
#: Columns that are text whatever they hold: a label of digits is a label.
_TEXT = frozenset(
    (
        *("label", "model", "model_name", "strategy", "kind", "pool_name", "stale", "content_hash", "cost_missing"),
        *("options", "baseline_label", "shown", "words", "problem", "title", "subtask_name", "outcome"),
        *("field", "source", "population", "rating_reason", "runs", "leave", "pools", "untuned", "reason"),
        "law_reason",
    )
)


def parquet(report: ComparisonReport, table: str) -> bytes:
    """The table of this name (a key of `TABLES`) as one Parquet file; its metadata names comparison and content.

    Raises KeyError for a table there is none of.
    """
    # Slow to load, and needed for this alone.
    import pyarrow as pa
    import pyarrow.parquet as pq

    lines = csv.reader(io.StringIO(TABLES[table](report).decode()))
    header = next(lines)
    rows = list(lines)
    columns = {name: _typed(name, [row[i] for row in rows]) for i, name in enumerate(header)}
    about = {
        "podium_version": report.podium_version,
        "comparison": str(report.comparison),
        "title": report.title,
        "is_simulated": str(report.is_simulated).lower(),
        "content_sha256": content_hash(report),
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(about), out, compression="zstd")
    return out.getvalue()


def _typed(name: str, values: list[str]) -> list[bool | int | float | str | None]:
    """A CSV column as the values that were written: booleans, whole numbers, numbers, else text. Empty is None."""
    known = [value for value in values if value != ""]
    if name in _TEXT or name.endswith("_reason"):
        # Without the guard against spreadsheets, which read no Parquet as formulas.
        return [value[1:] if _GUARDED.match(value) else value or None for value in values]
    if known and all(value in ("true", "false") for value in known):
        return [None if value == "" else value == "true" for value in values]
    for kind in (int, float):
        try:
            return [None if value == "" else kind(value) for value in values]
        except ValueError:
            continue
    return [value or None for value in values]
