"""Leases: a piece is done once, whoever dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comparisons.models import Work
from comparisons.stages import work as leases

pytestmark = pytest.mark.django_db


def make_work(key: str = "replay:1", **changes: object) -> Work:
    return Work.objects.create(kind=Work.Kind.REPLAY, key=key, **changes)


def test_claim_gives_a_piece_to_one_owner_only() -> None:
    piece = make_work()
    first = leases.claim(piece.pk, "one")
    assert first is not None and first.owner == "one" and first.attempt == 1
    assert leases.claim(piece.pk, "two") is None


def test_claim_takes_over_a_lease_that_ran_out_and_rejects_the_late_writer() -> None:
    piece = make_work()
    dead = leases.claim(piece.pk, "dead")
    assert dead is not None
    Work.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    heir = leases.claim(piece.pk, "heir")
    assert heir is not None and heir.attempt == 2 and heir.failures == 1
    assert leases.renew(dead) is False
    with pytest.raises(leases.LeaseLost), leases.finishing(dead):
        Work.objects.create(kind=Work.Kind.REPLAY, key="written by the dead")
    assert list(Work.objects.values_list("key", "state")) == [("replay:1", Work.State.LEASED)]
    with leases.finishing(heir):
        pass
    assert Work.objects.get().state == Work.State.DONE


def test_claim_of_some_takes_what_is_free_in_order_and_leaves_what_another_took_meanwhile() -> None:
    pieces = [make_work(f"replay:{number}", position=9 - number) for number in range(5)]
    ready = leases.ready()
    looked = list(ready[:3])
    assert leases.claim(looked[1].pk, "quicker") is not None
    ready._result_cache = looked  # as if the other had been quicker between our look and our claim
    mine = leases.claim_some(ready, "one", 3)
    assert [(work.key, work.owner, work.attempt) for work in mine] == [("replay:4", "one", 1), ("replay:2", "one", 1)]
    assert [work.key for work in leases.claim_some(leases.ready(), "two", 9)] == ["replay:1", "replay:0"]
    assert leases.claim_some(leases.ready(), "three", 9) == []
    assert leases.finish([*mine, pieces[3]]) == 2


def test_claim_of_some_counts_the_death_of_whoever_held_a_piece() -> None:
    make_work("replay:1")
    dead = make_work("replay:2")
    assert leases.claim(dead.pk, "dead") is not None
    Work.objects.filter(pk=dead.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    [fresh, taken_over] = leases.claim_some(leases.ready(), "heir", 2)
    assert (fresh.attempt, fresh.failures, taken_over.attempt, taken_over.failures) == (1, 0, 2, 1)


def test_finishing_writes_nothing_when_its_body_fails() -> None:
    piece = leases.claim(make_work().pk, "one")
    assert piece is not None
    with pytest.raises(ZeroDivisionError), leases.finishing(piece):
        Work.objects.create(kind=Work.Kind.REPLAY, key="half")
        raise ZeroDivisionError
    assert list(Work.objects.values_list("key", "state")) == [("replay:1", Work.State.LEASED)]


def test_claim_gives_up_a_piece_that_kills_every_worker() -> None:
    piece = make_work()
    for number in range(leases.MAX_FAILURES):
        assert leases.claim(piece.pk, f"worker {number}") is not None
        Work.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert leases.claim(piece.pk, "one more") is None
    piece.refresh_from_db()
    assert piece.state == Work.State.FAILED
    assert piece.error == f"its worker died {leases.MAX_FAILURES} times"


def test_give_back_keeps_the_error_and_counts() -> None:
    piece = leases.claim(make_work().pk, "one")
    assert piece is not None
    leases.give_back(piece, error="the disk was full")
    piece.refresh_from_db()
    assert (piece.state, piece.failures, piece.error) == (Work.State.WAITING, 1, "the disk was full")


def test_give_back_of_an_untouched_piece_does_not_count() -> None:
    piece = leases.claim(make_work().pk, "one")
    assert piece is not None
    leases.give_back(piece, counts=False)
    piece.refresh_from_db()
    assert (piece.state, piece.failures, piece.attempt) == (Work.State.WAITING, 0, 1)


def test_release_owned_frees_what_an_earlier_process_of_the_name_held() -> None:
    mine, other = make_work("a"), make_work("b")
    assert leases.claim(mine.pk, "host:0") and leases.claim(other.pk, "host:1")
    assert leases.release_owned("host:0") == 1
    assert [piece.pk for piece in leases.ready()] == [mine.pk]


def test_ready_lists_waiting_and_expired_pieces_in_order() -> None:
    later, sooner, held = make_work("a", position=2), make_work("b", position=1), make_work("c")
    done = make_work("d", state=Work.State.DONE)
    assert leases.claim(held.pk, "one") is not None
    assert [piece.pk for piece in leases.ready()] == [sooner.pk, later.pk]
    future = timezone.now() + leases.LEASE + timedelta(seconds=1)
    assert held.pk in [piece.pk for piece in leases.ready(future)]
    assert done.pk not in [piece.pk for piece in leases.ready(future)]


def test_add_creates_a_key_once() -> None:
    first = leases.add([Work(kind=Work.Kind.REPLAY, key="x"), Work(kind=Work.Kind.REPLAY, key="y", position=1)])
    again = leases.add([Work(kind=Work.Kind.REPLAY, key="x")])
    assert [piece.key for piece in first] == ["x", "y"]
    assert [piece.pk for piece in again] == [first[0].pk]
    assert Work.objects.count() == 2
