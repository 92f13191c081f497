"""The programs that go into an export when they are asked for."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.queries.sources import submitted_sources
from tests.comparisons.reports import make_report
from tests.comparisons.views import seed
from tests.factories import RIGHT, WRONG, make_pool

pytestmark = pytest.mark.django_db


def make_compared():
    pool = make_pool(n=2)
    runs = [seed.replay(seed.judge(pool), "random-k", kind="floor"), seed.replay(seed.judge(pool), "first-k")]
    return seed.compare(runs, result=make_report().to_json())


def test_submitted_sources_are_the_programs_in_order(django_assert_num_queries) -> None:
    comparison = make_compared()
    with django_assert_num_queries(1):
        rows = submitted_sources(comparison)
    assert [(row.seed, row.order, row.source) for row in rows] == [
        (0, 1, RIGHT),
        (0, 2, WRONG),
        (1, 1, RIGHT),
        (1, 2, WRONG),
    ]
    assert {row.label.partition(" · ")[2] for row in rows} == {"first-k"}


def test_zip_has_sources_only_when_asked(client: Client) -> None:
    comparison = make_compared()
    client.force_login(comparison.created_by)
    address = reverse("podium:comparison-export", args=[comparison.pk, "zip"])

    def sources(query: str) -> int:
        archive = zipfile.ZipFile(io.BytesIO(client.get(address + query).content))
        return sum(name.startswith("sources/") for name in archive.namelist())

    assert (sources(""), sources("?sources=1")) == (0, 4)
