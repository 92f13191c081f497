"""The machines on a pool's page: figures of one calibration program are compared, never those of two."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client

from comparisons.models import Chunk, Judging, Pool
from judge.calibration import REFERENCE_S, WORKLOAD
from tests.comparisons.views import seed
from tests.factories import make_pool

pytestmark = pytest.mark.django_db

FAST = {"calibration_s": [REFERENCE_S, REFERENCE_S / 2], "workload": WORKLOAD}
SLOW = {"calibration_s": [REFERENCE_S * 2], "workload": WORKLOAD}
OLDER = {"calibration_s": [REFERENCE_S / 4], "speed": 4.07}


def note(judging: Judging, host: str, said: Mapping[str, object]) -> None:
    """One more piece that a worker of `host` left, with what it said of its machine."""
    problem = judging.problems.get().problem
    start = judging.chunks.count()
    machine = {"host": host, "processor": "6502", **said}
    Chunk.objects.create(
        kind=Chunk.Kind.TESTS, judging=judging, problem=problem, start=start, stop=start + 1, digest="", machine=machine
    )


@pytest.fixture
def pool() -> Pool:
    return make_pool()


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        ([{}], "not calibrated"),
        ([FAST], "2.00 times as fast as the reference machine"),
        ([FAST, {}, SLOW], "0.50 to 2.00 times as fast as the reference machine"),
        ([OLDER], "calibrated with an older program"),
        ([OLDER, SLOW], "0.50 times as fast as the reference machine"),
    ],
)
def test_page_compares_readings_of_the_program_of_now(
    client: Client, pool: Pool, notes: list[Mapping[str, object]], told: str
) -> None:
    judging = seed.judge(pool)
    for said in notes:
        note(judging, "here", said)
    note(judging, "there", SLOW)
    client.force_login(pool.created_by)
    page = client.get(f"/pools/{pool.pk}/")
    assert page.context["page"].machines == [
        f"here (6502), {told}", "there (6502), 0.50 times as fast as the reference machine",
    ]  # fmt: skip
    assert f"on here (6502), {told}" in page.content.decode()
