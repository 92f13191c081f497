"""The pieces of a pool that a shift holds, and what is still to be had of each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from comparisons.models import Candidate, Pool, Work
from comparisons.queue import worker_name
from comparisons.samplers.providers import PROVIDERS
from comparisons.samplers.recipes import Recipe
from comparisons.stages import asking, conversing, requesting
from comparisons.stages import work as leases
from comparisons.stages.calls import Ask, Key, Turn
from comparisons.stages.conversing import Talk
from comparisons.stages.planning_draws import RANGE
from comparisons.stages.waiting_calls import blocks

logger = logging.getLogger(__name__)


@dataclass
class _Held:
    """A piece, and the attempts of its draws that are still to be had."""

    work: Work
    left: set[Key] = field(default_factory=set)


#: What a taken piece begins with: calls to make, and draws that were answered and are not over.
Begun = tuple[list[Ask], list[tuple[Talk, Turn | None]]]


class HeldPieces:
    """The pieces that one shift holds. What it loses to another worker it forgets."""

    def __init__(self, pool: Pool, recipe: Recipe) -> None:
        self._pool, self._recipe = pool, recipe
        kind = PROVIDERS.get(pool.model.provider)
        is_single = kind is not None and "choices_per_call" in kind.lacks(pool.model.endpoint)
        self._per_call = 1 if is_single else recipe.choices_per_call
        self._units = {unit.key: unit for unit in asking.units_from(pool.recipe)}
        self._asked: dict[tuple[int, int | None, str], asking.Asked] = {}
        self._tried: Counter[tuple[Any, ...]] = Counter()
        self._held: dict[int, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def holds(self, work: Work) -> bool:
        """False where the piece was lost, or taken again, since a call for it was planned."""
        held = self._held.get(work.pk)
        return held is not None and held.work.attempt == work.attempt

    def asked_of(self, ask: Ask) -> asking.Asked:
        """What is asked for by a call."""
        return self._asked[ask.problem, ask.subtask, ask.role]

    def tried(self, ask: Ask) -> Ask:
        """A call that was not tried in this shift, with its tries in earlier ones."""
        tries = self._tried[ask.problem, ask.subtask, ask.index, ask.attempt, ask.turn]
        return replace(ask, tries=tries) if tries else ask

    def claim(self, n_calls: int) -> Begun | None:
        """Claims further pieces of the pool, of about so many calls; None where none is free. Three queries."""
        n = -(-n_calls * self._per_call // RANGE)
        works = leases.claim_some(leases.ready().filter(pool=self._pool), worker_name(), n)
        return self.take(works) if works else None

    def take(self, works: Sequence[Work]) -> Begun:
        """Holds pieces that were claimed. Three queries where one was held before, and two for each of those whose
        draws have further attempts."""
        asks: list[Ask] = []
        talks: list[tuple[Talk, Turn | None]] = []
        # For a piece that nobody held before nothing was sent, and nothing of it is there.
        before = [work for work in works if work.attempt > 1]
        if lost := requesting.write_lost(before):
            logger.warning("%s: %s calls of an earlier worker were lost", self._pool, lost)
        self._tried |= requesting.failed_before(before, after=self._pool.failing.get("after", 0))
        there = self._there(before)
        for work in works:
            asked = self._asked_by(work)
            held = self._held[work.pk] = _Held(work)
            key = asked.unit.key
            for index in range(work.start, work.stop):
                attempts = range(there[*key, index] + 1, self._recipe.attempts + 1)
                held.left |= {(*key, index, attempt) for attempt in attempts}
            fresh = [index for index in range(work.start, work.stop) if not there[*key, index]]
            asks += [conversing.first_ask(work, asked, *block) for block in blocks(fresh, self._per_call)]
            if self._recipe.attempts > 1 and work.attempt > 1:
                talks += conversing.resumed(self._pool, work, asked, self._recipe)
        return asks, talks

    def had(self, ask: Ask) -> None:
        """A draw's attempt is there."""
        self._held[ask.piece.pk].left.difference_update(ask.keys)

    def give_up(self, ask: Ask) -> None:
        """The draws are missing, and so are their further attempts: the provider never answered. Requests say why."""
        gone = {key[:3] for key in ask.keys}
        held = self._held[ask.piece.pk]
        held.left = {key for key in held.left if key[:3] not in gone or key[3] < ask.attempt}

    def finish(self) -> None:
        """Marks done the pieces of which all is had. One query, where there are any."""
        done = [held.work for held in self._held.values() if not held.left]
        for work in done:
            del self._held[work.pk]
        if done and leases.finish(done) < len(done):
            logger.warning("%s: a piece was given to another worker before it was done", self._pool)

    def renew(self) -> list[Work]:
        """Prolongs all leases, and returns the pieces of which they were lost."""
        return [held.work for held in self._held.values() if not leases.renew(held.work)]

    def lose(self, work: Work) -> None:
        """Forgets a piece that was given to another worker."""
        logger.warning("%s was given to another worker", work)
        self._held.pop(work.pk, None)

    def give_back(self) -> None:
        """Returns what was not done."""
        for held in self._held.values():
            leases.give_back(held.work, counts=False)

    def _asked_by(self, work: Work) -> asking.Asked:
        assert work.problem_id is not None
        role, first = asking.role_of(self._pool.recipe, work.start)
        key = (work.problem_id, work.subtask, role)
        if key not in self._asked:
            unit = self._units[work.problem_id, work.subtask]
            self._asked[key] = asking.asked(unit, self._recipe, role, first, template=self._pool.prompt_version)
        return self._asked[key]

    def _there(self, works: Sequence[Work]) -> Counter[tuple[Any, ...]]:
        """How many attempts are there, by (problem, subtask, index). One query."""
        ranges = Q(pk__in=[])
        for work in works:
            indices = {"index__gte": work.start, "index__lt": work.stop}
            ranges |= Q(problem=work.problem_id, subtask=work.subtask, **indices)
        rows = Candidate.objects.filter(ranges, pool=self._pool).order_by() if works else Candidate.objects.none()
        return Counter(rows.values_list("problem_id", "subtask", "index"))
