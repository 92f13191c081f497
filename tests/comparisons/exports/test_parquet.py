"""Parquet: typed columns, nulls, and what the file says of itself."""

from __future__ import annotations

import dataclasses
import io

import pyarrow.parquet as pq
import pytest

from comparisons.exports import TABLES, parquet
from tests.comparisons.reports import make_edge_report, make_report, make_run_row


@pytest.mark.parametrize("table", sorted(TABLES))
def test_parquet_has_the_rows_and_columns_of_the_csv(table: str) -> None:
    report = make_edge_report()
    lines = TABLES[table](report).decode().splitlines()
    found = pq.read_table(io.BytesIO(parquet(report, table)))
    assert found.column_names == lines[0].split(",")
    assert found.num_rows == len(lines) - 1


def test_parquet_keeps_types_and_unknown_is_null() -> None:
    rows = (make_run_row(1, cost_usd=None, label="=1+1"), make_run_row(2, label="42"))
    report = dataclasses.replace(make_report(runs=rows), is_simulated=True)
    found = pq.read_table(io.BytesIO(parquet(report, "runs")))
    data = found.to_pydict()
    assert (data["run"], data["label"], data["cost_usd"][0]) == ([1, 2], ["=1+1", "42"], None)
    assert data["is_simulated"] == [True, True] and isinstance(data["score"][0], float)
    about = found.schema.metadata
    assert about[b"is_simulated"] == b"true" and about[b"title"] == report.title.encode()
