"""The pieces of a pool that a shift holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from comparisons.actions.drawing import sample
from comparisons.models import Pool, ProblemSet, User, Work
from comparisons.samplers.recipes import Recipe
from comparisons.stages import work as leases
from comparisons.stages.held_pieces import HeldPieces
from tests.comparisons.asked import make_asked_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(user: User, asked_set: ProblemSet) -> Pool:
    """Forty draws of each of two problems, in two pieces each."""
    model = make_asked_model(user, "http://127.0.0.1:1/v1", choices_per_call=2)
    pool, _ = sample(user, problem_set=asked_set, model=model, n=40, options={"language": "python3"}, enqueue=False)
    return pool


def test_pieces_are_claimed_several_at_once_in_few_queries(
    drawn: Pool, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    pieces = HeldPieces(drawn, Recipe.from_data(drawn.recipe))
    first = pieces.claim(15)
    assert first is not None
    asks, talks = first
    # Twenty draws a piece and two a call: 15 calls are of two pieces, the low draws of both problems.
    assert (len(pieces), len(asks), {ask.index for ask in asks}, talks) == (2, 20, set(range(0, 20, 2)), [])
    with django_assert_num_queries(3):
        assert pieces.claim(20) is not None
    assert len(pieces) == 4
    assert pieces.claim(1) is None
    pieces.give_back()
    assert set(drawn.work.values_list("state", flat=True)) == {Work.State.WAITING}


def test_late_answer_is_none_of_a_piece_that_was_lost_and_taken_again(drawn: Pool) -> None:
    pieces = HeldPieces(drawn, Recipe.from_data(drawn.recipe))
    work = leases.claim(drawn.work.order_by("pk")[0].pk, "us")
    assert work is not None
    pieces.take([work])
    assert pieces.holds(work)
    Work.objects.filter(pk=work.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    again = leases.claim(work.pk, "us")
    assert again is not None
    assert pieces.renew() == [work]
    pieces.lose(work)
    pieces.take([again])
    assert (pieces.holds(work), pieces.holds(again)) == (False, True)


def test_piece_is_finished_once_all_of_its_draws_are_had_or_given_up(drawn: Pool) -> None:
    pieces = HeldPieces(drawn, Recipe.from_data(drawn.recipe))
    begun = pieces.claim(10)
    assert begun is not None
    *most, last = begun[0]
    for ask in most:
        pieces.had(ask)
    pieces.finish()
    assert len(pieces) == 1
    pieces.give_up(last)
    pieces.finish()
    assert len(pieces) == 0
    assert drawn.work.filter(state=Work.State.DONE).count() == 1
