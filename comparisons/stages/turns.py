"""Whose turn it is: people's work takes turns, and so do the problem sets of one of them; within a set the order of
`Work.position` holds.

A turn is one piece. It goes to the person for whom the fewest pieces are under way, of those to whoever was served
longest ago; among the sets of that person likewise. So a piece that takes minutes holds up its own set and nobody
else's, and a set that is alone has every worker. A set's person is who made it, whoever asked for the judging.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from comparisons.models import ProblemSet, Work

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def next_piece(ready: QuerySet[Work], kinds: Collection[str], *, also: Work | None = None) -> Work | None:
    """Of `ready`, in its order, and `also`, the first of the set whose turn it is; `kinds`: what counts as work under
    way. Two queries, and one for each set until one has a piece: each finds it by an index, however many wait."""
    for problem_set in _in_turn(kinds):
        first = ready.filter(problem_set=problem_set).only("pk", "position").first()
        mine = also if also is not None and also.problem_set_id == problem_set else None
        if first is not None and mine is not None:
            return min(first, mine, key=lambda piece: (piece.position, piece.pk))
        if first is not None or mine is not None:
            return first or mine
    return None


def served(problem_set: int) -> None:
    """Notes that a set has its turn now. One query."""
    ProblemSet.objects.filter(pk=problem_set).update(served_at=timezone.now())


def _in_turn(kinds: Collection[str]) -> list[int]:
    """The sets that have something to do, whose turn comes first at the start."""
    now = timezone.now()
    is_open = Q(state=Work.State.WAITING) | Q(state=Work.State.LEASED, expires_at__lt=now)
    to_do = Work.objects.filter(is_open, problem_set=OuterRef("pk"), kind__in=kinds)
    rows = list(ProblemSet.objects.filter(Exists(to_do)).order_by().values_list("pk", "created_by", "served_at"))
    if len(rows) < 2:
        return [pk for pk, _, _ in rows]
    held = Work.objects.filter(state=Work.State.LEASED, expires_at__gte=now, kind__in=kinds)
    under_way: Counter[tuple[str, int | None]] = Counter()
    for problem_set, person in held.order_by().values_list("problem_set", "problem_set__created_by"):
        under_way.update([("set", problem_set), ("person", person)])
    last: dict[int, datetime] = defaultdict(lambda: _NEVER)
    for _, person, at in rows:
        last[person] = max(last[person], at or _NEVER)

    def turn(row: tuple[int, int, datetime | None]) -> tuple[int, datetime, int, int, datetime, int]:
        pk, person, at = row
        return under_way["person", person], last[person], person, under_way["set", pk], at or _NEVER, pk

    return [pk for pk, _, _ in sorted(rows, key=turn)]
