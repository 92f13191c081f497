"""A shift's watch over its pool: whether it is still to be drawn, which price holds, what its breaker remembers and
what its page says."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.db.models import Q

from comparisons.models import Pool, PoolState, Work
from comparisons.samplers.providers import PermanentError, RetryableError
from comparisons.samplers.providers.pacing import Breaker
from comparisons.stages import work as leases
from comparisons.stages.call_costs import price_now
from comparisons.stages.pool_state import REASON_CHARS

#: A shift ends so that other pools get their turn: after this long where one waits, and anyway before a job's time is
#: over, with the longest call still to come.
TURN_S, SHIFT_S = 60.0, 1500.0
#: The pool is looked at so often.
LOOK_S = 1.0
_NOTE_S = 2.0
#: Prompts in a row that are not accepted, where others were: with one more it is not the prompts' fault.
MOST_REJECTED = 20


class Watch:
    """What a shift knows of its pool. `may_start`: calls may be begun; `price`: the one that holds now, None where none
    is known."""

    def __init__(self, pool: Pool, *, clock: Callable[[], float]) -> None:
        self._pool, self._clock = pool, clock
        self._rows = Pool.objects.filter(pk=pool.pk)
        # By the time of day: another worker, on another machine, may have the pool's next shift.
        self._breaker = Breaker(time.time)
        self._breaker.recall(pool.failing)
        self._remembered = self._breaker.memory()
        self._began = self._looked = self._noted = clock()
        self._note = ""
        self._rejected = 0
        self.price = price_now(pool)
        self.may_start = True

    def look(self) -> bool:
        """Looks, now and then, whether the pool is still to be drawn by us; False where it is not time yet."""
        now = self._clock()
        if now - self._looked <= LOOK_S:
            return False
        self._looked = now
        state = self._rows.values_list("state", flat=True).first()
        self.price = price_now(self._pool)  # a price may begin to hold while a shift lasts
        if state != PoolState.DRAWING or self._is_turn_over(now - self._began):
            self.may_start = False
        self.remember()
        return True

    def answered(self) -> None:
        """A call was answered."""
        self._breaker.answered()
        self._rejected = 0
        self.say("")

    def failed(self, error: RetryableError) -> None:
        """A call failed that may be tried again; too many of them pause the pool."""
        reason = self._breaker.failed(error)
        if reason:
            self.stop(PoolState.PAUSED, f"Paused by the circuit breaker: {reason}")

    def concerns_all(self, error: PermanentError) -> bool:
        """True where every other call would fail the same. A prompt that is not accepted where others were is given up
        by itself: one that an endpoint objects to must not keep the rest from being drawn."""
        if error.kind != PermanentError.kind or not error.concerns_all:
            return error.concerns_all
        self._rejected += 1
        return self._rejected > MOST_REJECTED or not self._pool.requests.filter(outcome="answered").exists()

    def remember(self) -> None:
        """Writes what the pool's next shift has to know: one that fails for minutes lasts longer than a shift."""
        memory = self._breaker.memory()
        if memory != self._remembered:
            self._remembered = memory
            kept = {"after": self._pool.failing.get("after", 0), **memory}
            self._rows.filter(state=PoolState.DRAWING).update(failing=kept)

    def say(self, note: str) -> None:
        """What the pool's page shows that drawing waits for; "" once it goes on."""
        if note != self._note and self._clock() - self._noted > _NOTE_S:
            self._note, self._noted = note, self._clock()
            self._rows.update(drawing_note=note[:200])

    def stop(self, state: PoolState, reason: str, *, where: Q | None = None) -> None:
        """Begins nothing more, and says why. `where`: only if that is so at the moment of stopping."""
        if stop(self._pool, state, reason, where=where) or where is None:
            self.may_start = False

    def _is_turn_over(self, lasted_s: float) -> bool:
        """True where the shift has lasted long enough, less long where another pool waits."""
        others = leases.ready().filter(kind=Work.Kind.DRAW).exclude(pool=self._pool)
        return lasted_s > SHIFT_S or (lasted_s > TURN_S and others.exists())


def stop(pool: Pool, state: PoolState, reason: str, *, where: Q | None = None) -> bool:
    """Stops the drawing of a pool that is drawn, and where that is so; False where it is not. What was stopped by a
    person stays so. One query."""
    rows = Pool.objects.filter(where or Q(), pk=pool.pk, state=PoolState.DRAWING)
    return bool(rows.update(state=state, state_reason=reason[:REASON_CHARS], drawing_note=""))
