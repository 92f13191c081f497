"""What a program scored is said as its package rounds it: on its page and in the list of a problem's candidates."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client

from comparisons.models import Candidate, Pool, ProblemVersion, blobs
from comparisons.queries.candidates import candidate_rows
from tests.comparisons.views import seed
from tests.factories import make_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(client: Client) -> Candidate:
    """The only candidate of a judged pool, on a problem with subtasks of 40 and 60 points."""
    pool = make_pool(n=1)
    client.force_login(pool.created_by)
    seed.judge(pool)
    return pool.candidates.get()


def give(candidate: Candidate, scores: list[float], precision: int | None) -> None:
    """Scores by subtask, kept as judging keeps them, and the decimals that the package rounds to."""
    judged = candidate.pool.newest_revision.judgings.get().problems.get()
    arrays = {**blobs.get_arrays(judged.outcomes), "scores": np.array([scores], dtype=np.float32)}
    judged.outcomes = blobs.put_arrays(**arrays)
    judged.save()
    stated = {} if precision is None else {"score_precision": precision}
    ProblemVersion.objects.filter(pk=judged.version_id).update(manifest={**judged.version.manifest, **stated})


def told(client: Client, candidate: Candidate) -> tuple[float | None, list[float | None], str]:
    """(The score on the page, those in the list, the page's heading.)"""
    page = client.get(f"/candidates/{candidate.pk}/")
    rows = candidate_rows(Pool.objects.get(pk=candidate.pool_id), candidate.problem)
    heading = page.content.decode().partition('<h2 id="score-t">')[2].partition("</h2>")[0]
    return page.context["page"].score, [row.score for row in rows], heading


@pytest.mark.parametrize(
    ("scores", "precision", "score"),
    [
        ([10.0, 69.64026], None, 79.64026),
        ([10.0, 69.64026], 2, 79.64),
        ([10.0, 69.64026], 0, 80.0),
        ([0.1, 0.95], 1, 1.1),  # what is kept as float32 would add up to 1.0499999
        ([0.2, 0.15], 1, 0.3),  # and to 0.3500000
        ([0.0, 0.125], 2, 0.12),  # half to even, as CMS
        ([0.0, 0.375], 2, 0.38),
    ],
)
def test_score_is_rounded_as_the_package_says(
    client: Client, candidate: Candidate, scores: list[float], precision: int | None, score: float
) -> None:
    give(candidate, scores, precision)
    assert told(client, candidate)[:2] == (score, [score])


def test_heading_says_the_rounded_score(client: Client, candidate: Candidate) -> None:
    give(candidate, [10.0, 69.94], 1)
    assert told(client, candidate)[2] == "79.9 of 100 points"


def test_score_with_an_unknown_part_is_unknown(client: Client, candidate: Candidate) -> None:
    give(candidate, [10.0, float("nan")], 1)
    assert told(client, candidate) == (None, [None], "Not settled")
