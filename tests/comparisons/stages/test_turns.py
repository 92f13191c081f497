"""Whose turn it is: of people, of their problem sets, of a set's pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comparisons.models import ProblemSet, User, Work
from comparisons.stages import turns
from comparisons.stages import work as leases
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db

KINDS = (Work.Kind.MEASURE, Work.Kind.JUDGE)


def make_set(slug: str, n: int, *, user: User | None = None, position: int = 0) -> ProblemSet:
    """A set of one problem with `n` waiting pieces."""
    problem = make_problem(make_problem_set(slug, user=user))
    leases.add(
        Work(kind=Work.Kind.JUDGE, key=f"{slug}:{i}", problem=problem, start=i, position=position) for i in range(n)
    )
    return problem.problem_set


def next_piece() -> Work | None:
    return turns.next_piece(leases.ready().filter(state=Work.State.WAITING), KINDS)


def take() -> Work:
    """Claims the next piece as a worker does."""
    piece = next_piece()
    assert piece is not None
    taken = leases.claim(piece.pk, "worker")
    assert taken is not None
    turns.served(taken.problem_set_id or 0)
    return taken


def take_and_finish(n: int) -> Sequence[str]:
    """The sets of the next `n` pieces of one worker, in order."""
    slugs = []
    for _ in range(n):
        piece = take()
        slugs.append(piece.key.partition(":")[0])
        with leases.finishing(piece):
            pass
    return slugs


def test_set_alone_is_done_in_its_own_order() -> None:
    problem = make_problem(make_problem_set("alone"))
    for key, position in (("last", 12), ("first", 1), ("second", 11)):
        leases.add([Work(kind=Work.Kind.JUDGE, key=key, problem=problem, position=position)])
    assert take_and_finish(3) == ["first", "second", "last"]
    assert next_piece() is None


def test_sets_take_turns_whatever_their_positions() -> None:
    make_set("many", 50)
    make_set("late", 3, position=70)
    assert take_and_finish(8) == ["many", "late", "many", "late", "many", "late", "many", "many"]


def test_long_piece_holds_up_its_own_set_only() -> None:
    long = make_set("long", 10)
    make_set("short", 10)
    held = take()
    assert held.problem_set_id == long.pk
    assert take_and_finish(4) == ["short"] * 4


def test_person_with_many_sets_has_no_more_turns_than_another() -> None:
    for number in range(5):
        make_set(f"ada{number}", 4, user=ProblemSet.objects.get(slug="ada0").created_by if number else make_user("ada"))
    make_set("bob", 10, user=make_user("bob"))
    served = Counter(slug[:3] for slug in take_and_finish(10))
    assert served == {"ada": 5, "bob": 5}
    assert ProblemSet.objects.filter(slug__startswith="ada", served_at__isnull=True).count() == 0


def test_set_whose_pieces_cannot_begin_is_passed_over() -> None:
    resting = make_set("resting", 2)
    make_set("other", 1)
    piece = turns.next_piece(leases.ready().exclude(problem_set=resting), KINDS)
    assert piece is not None and piece.key == "other:0"


def test_piece_tried_again_has_its_place_in_its_set_and_no_better_turn() -> None:
    make_set("one", 2)
    failed, fresh = Work.objects.order_by("pk")
    Work.objects.filter(pk=failed.pk).update(error="the disk was full", failures=1)
    ready = leases.ready().filter(error="")
    assert turns.next_piece(ready, KINDS, also=failed) == failed
    assert turns.next_piece(ready, KINDS) == fresh
    turns.served(fresh.problem_set_id or 0)
    make_set("other", 1)
    other = turns.next_piece(ready, KINDS, also=failed)
    assert other is not None and other.key == "other:0"


def test_looking_asks_as_little_of_a_thousand_pieces_as_of_ten() -> None:
    make_set("small", 10)
    make_set("large", 1000)
    with CaptureQueriesContext(connection) as asked:
        next_piece()
    assert len(asked) == 3
    if connection.vendor != "sqlite":
        return
    plan = connection.cursor().execute("EXPLAIN QUERY PLAN " + asked[-1]["sql"]).fetchall()
    assert "work_in_turn (problem_set_id=? AND state=?)" in plan[0][-1]
    assert not any("TEMP B-TREE" in row[-1] for row in plan)
