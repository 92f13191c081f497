"""Drawing: a shift takes pieces of one pool and keeps as many calls open as its endpoint bears, until nothing is left.

The order that loses and doubles nothing: a call is written and its money reserved, then it is sent; its answer and its
candidates are written in one transaction that holds the piece's lease. Whoever takes a piece over asks only for draws
that are not there, and marks what its predecessor had sent as lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from django.db import close_old_connections

from comparisons.models import Pool, PoolState, Work
from comparisons.queue import worker_name
from comparisons.samplers.providers import Completion, PermanentError, RetryableError
from comparisons.samplers.providers.pacing import Backoff, Call, Grant, Limiter
from comparisons.samplers.recipes import Recipe
from comparisons.stages import asking, conversing, requesting
from comparisons.stages import work as leases
from comparisons.stages.between import Between, Ran, Run
from comparisons.stages.call_costs import NANO
from comparisons.stages.calls import Ask, Ending, Turn
from comparisons.stages.conversing import Talk
from comparisons.stages.environment import sandbox
from comparisons.stages.held_pieces import Begun, HeldPieces
from comparisons.stages.limiting import call_of, limiter_of
from comparisons.stages.sending import Senders
from comparisons.stages.waiting_calls import WaitingCalls
from comparisons.stages.watching import LOOK_S, Watch, stop
from judge.errors import SandboxUnavailable

#: Leases are renewed so often.
RENEW_S = leases.LEASE.total_seconds() / 3
#: How long a shift waits for the next answer, and for one of the same wave.
TICK_S, WAVE_S = 0.1, 0.005
#: Draws that a shift has claimed and not begun: it claims some at once when there are fewer, up to so many.
FEWEST_AHEAD, MOST_AHEAD = 200, 300
#: Answers that wait to be written at most.
MOST_UNWRITTEN = 200


def draw(piece: Work) -> None:
    """Draws this piece and, while there are calls to spare, further pieces of its pool. Finishes or hands back every
    piece it took."""
    pool = piece.pool
    assert pool is not None
    recipe = Recipe.from_data(pool.recipe)
    refusal = asking.refusal_of(pool.model, recipe, is_capped=pool.max_cost_usd is not None)
    if refusal:
        _refuse(piece, pool, PoolState.FAILED, refusal)
        return
    try:
        provider = asking.connect(pool.model)
    except PermanentError as error:
        _refuse(piece, pool, PoolState.FAILED, str(error))
        return
    try:
        between = Between(sandbox() if recipe.runs_programs else None)
    except SandboxUnavailable as error:
        provider.close()
        _refuse(piece, pool, PoolState.PAUSED, f"No program can be run here between the attempts: {error}")
        return
    name = f"{worker_name()}:{pool.pk}"
    with between, Senders(provider, most=pool.model.max_concurrency) as senders:
        Shift(pool, senders, limiter_of(pool.model, name), between=between).run(piece)


def _refuse(piece: Work, pool: Pool, state: PoolState, reason: str) -> None:
    stop(pool, state, reason)
    leases.give_back(piece, counts=False)


class Shift:
    """One worker's time on one pool."""

    def __init__(
        self,
        pool: Pool,
        senders: Senders,
        limiter: Limiter,
        *,
        between: Between,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pool = pool
        self.recipe = Recipe.from_data(pool.recipe)
        self.watch = Watch(pool, clock=clock)
        self._senders, self._limiter, self._clock = senders, limiter, clock
        self._between = between
        self._backoff = Backoff()
        self._rng = Random(f"{worker_name()} {time.time_ns()}")
        self._revision = pool.newest_revision.number + 1
        self._pieces = HeldPieces(pool, self.recipe)
        self._waiting = WaitingCalls()
        self._reported: list[Call] = []
        self._unwritten: list[Ending] = []
        self._sent_at: dict[int, float] = {}
        self._renewed = clock()
        self._ask_limiter_at = self._claim_at = 0.0

    def run(self, piece: Work) -> None:
        """Draws until nothing of the pool is free, the pool is stopped, or the shift's time is over."""
        try:
            self._begin(self._pieces.take([piece]))
            while self._pieces:
                self._look()
                if self.watch.may_start:
                    self._claim()
                elif not self._senders.open:
                    return
                self._start()
                self._gather()
                self._write()
                self._told()
        finally:
            self._between.drop()
            self.watch.remember()
            self._limiter.exchange(self._reported, want=0, holding=0)
            self._pieces.give_back()

    def _begin(self, begun: Begun) -> None:
        """Plans what pieces that were taken begin with. One that wants nothing is done."""
        asks, talks = begun
        for ask in asks:
            self._plan(ask)
        for talk, spent in talks:
            self._go_on(talk, spent)
        self._pieces.finish()

    def _claim(self) -> None:
        """Claims pieces while few calls wait for a turn: a slow answer in one must not leave the others idle."""
        ahead = len(self._waiting) + self._between.open
        if ahead >= FEWEST_AHEAD or self._clock() < self._claim_at:
            return
        begun = self._pieces.claim(MOST_AHEAD - ahead)
        if begun is None:
            self._claim_at = self._clock() + LOOK_S
        else:
            self._begin(begun)

    def _start(self) -> None:
        """Begins as many calls as are due, as the limit and the cap allow."""
        if not self.watch.may_start:
            return
        now = self._clock()
        due = self._waiting.due(now)
        if now < self._ask_limiter_at or not (due or self._reported):
            return
        grant = self._exchange(due)
        if due and not grant.n and grant.wait_s:
            self.watch.say(f"The endpoint is to be left alone for {max(1, round(grant.wait_s))} s.")
        self._ask_limiter_at = now + (min(grant.wait_s, LOOK_S) if not grant.n else 0.0)
        asks = self._waiting.take(grant.n)
        requests = requesting.write_before_sending(self.pool, asks, price=self.watch.price, recipe=self.recipe)
        for ask, request in zip(asks, requests, strict=False):
            self._sent_at[request.pk] = now
            self._senders.send(ask, request, self.recipe.parameters(ask.index))
        for ask in asks[len(requests) :]:
            self._plan(ask)
        if len(requests) < len(asks):
            self._over_cap(asks[len(requests)])

    def _exchange(self, want: int) -> Grant:
        reported, self._reported = self._reported, []
        return self._limiter.exchange(reported, want=want, holding=self._senders.open)

    def _over_cap(self, ask: Ask) -> None:
        """The cap had no room for this call at its worst. Answers under way, here or elsewhere, usually cost less: then
        there may be."""
        self._exchange(0)  # what was granted and not used is given back
        self._ask_limiter_at = self._clock() + LOOK_S / 4
        if self._senders.open or self._unwritten:
            return
        self.pool.refresh_from_db(fields=["committed_nano_usd", "max_cost_usd"])
        if requesting.has_room(self.pool, ask, price=self.watch.price, recipe=self.recipe):
            return
        spent = self.pool.committed_nano_usd / NANO
        self.watch.stop(
            PoolState.STOPPED_BY_BUDGET,
            f"${spent:,.4f} of ${self.pool.max_cost_usd:,.4f} are used; the next call could cost more than is left.",
            where=requesting.is_quiet(self.pool),
        )

    def _gather(self) -> None:
        """Waits for calls to end. While all goes well the next ones are begun before anything is written: answers come
        in waves, and writing one by one would hold up the rest of the wave."""
        wait_s = TICK_S
        while fresh := list(self._senders.ended(within_s=wait_s)):
            now, wait_s = self._clock(), WAVE_S
            self._unwritten += fresh
            for ending in fresh:
                self._reported.append(call_of(ending, now - self._sent_at.pop(ending.request.pk, now)))
            self._ask_limiter_at = min(self._ask_limiter_at, now)
            if len(self._unwritten) >= MOST_UNWRITTEN or not all(isinstance(one.brought, Completion) for one in fresh):
                return
            if self.pool.max_cost_usd is not None and any(requesting.above_worst(one) for one in fresh):
                return
            self._start()

    def _write(self) -> None:
        """Writes what ended, all pieces in one transaction, and decides what follows from it."""
        endings, self._unwritten = self._unwritten, []
        try:
            self._write_held(self._mine(endings))
        except leases.LeaseLost:
            # One of them: each by itself, so that only what is lost is not written.
            for piece in {ending.ask.piece.pk: ending.ask.piece for ending in self._mine(endings)}.values():
                try:
                    self._write_held([ending for ending in endings if ending.ask.piece is piece])
                except leases.LeaseLost:
                    self._lose(piece)
        requesting.write_unheld([one.request for one in endings if not self._pieces.holds(one.ask.piece)])
        for ending in self._mine(endings):
            self._follow(ending)
        self._pieces.finish()

    def _mine(self, endings: Sequence[Ending]) -> list[Ending]:
        """Those whose piece is still held."""
        return [ending for ending in endings if self._pieces.holds(ending.ask.piece)]

    def _write_held(self, endings: Sequence[Ending]) -> None:
        if not endings:
            return
        pieces = {ending.ask.piece.pk: ending.ask.piece for ending in endings}
        with leases.holding(list(pieces.values())):
            above = requesting.write_endings(self.pool, endings, language=self.recipe.language, revision=self._revision)
        if above and self.pool.max_cost_usd is not None:
            self.watch.stop(PoolState.PAUSED, f"Paused, because its cap cannot hold: {above}")

    def _follow(self, ending: Ending) -> None:
        ask, brought = ending.ask, ending.brought
        if isinstance(brought, Completion):
            self.watch.answered()
            got = len(brought.choices[: ask.n])
            if got < ask.n:
                self._plan(replace(ask, index=ask.index + got, n=ask.n - got, tries=0))
            for place, choice in enumerate(brought.choices[: ask.n]):
                talk = conversing.talk_of(ask, choice, place)
                if talk.is_final:
                    self._pieces.had(talk.ask)
                spent = None if talk.is_final else Turn(brought.usage, brought.latency_s, ask.run_cpu_s)
                self._go_on(talk, spent)
        elif isinstance(brought, RetryableError):
            self.watch.failed(brought)
            wait_s = self._backoff.wait_s(brought, ask.tries + 1, self._rng)
            if wait_s is None:
                self._pieces.give_up(ask)
            else:
                self._plan(replace(ask, tries=ask.tries + (not brought.is_rate_limit)), wait_s)
                self.watch.say(f"Trying again: {brought.reason}")
        elif isinstance(brought, PermanentError) and self.watch.concerns_all(brought):
            self.watch.stop(PoolState.FAILED, str(brought))
            self._plan(ask)
        else:
            self._pieces.give_up(ask)

    def _go_on(self, talk: Talk, spent: Turn | None) -> None:
        """What follows an answer: nothing, a review, or a run of its program that something will be said about."""
        ask = talk.ask
        asked = self._pieces.asked_of(ask)
        if not talk.is_final:
            left = max(0, self.recipe.run_turns - ask.turn)
            self._between.begin(Run(talk, asked, self.recipe.language, left, spent))
        elif ask.attempt < self.recipe.attempts:
            if self.recipe.feedback == "public" and asked.has_public:
                self._between.begin(Run(talk, asked, self.recipe.language))
            else:
                self._plan(conversing.review_ask(talk, self.recipe, asked, "", None))

    def _told(self) -> None:
        """Plans the calls that waited for a program to be run."""
        for ran in self._between.ended():
            if self._pieces.holds(ran.run.talk.ask.piece):
                self._plan(self._after(ran))

    def _after(self, ran: Ran) -> Ask:
        run = ran.run
        if run.spent is not None:
            return conversing.next_ask(run.talk, self.recipe, run.spent, ran.text, ran.cpu_s)
        return conversing.review_ask(run.talk, self.recipe, run.asked, ran.text, ran.cpu_s)

    def _plan(self, ask: Ask, wait_s: float = 0.0) -> None:
        ask = ask if ask.tries else self._pieces.tried(ask)
        self._waiting.add(ask, self._clock() + wait_s if wait_s else 0.0)

    def _lose(self, piece: Work) -> None:
        self._pieces.lose(piece)
        self._waiting.drop(piece.pk)

    def _look(self) -> None:
        """Renews, now and then, what we hold, and looks whether the pool is still to be drawn by us."""
        if self._clock() - self._renewed > RENEW_S:
            self._renewed = self._clock()
            close_old_connections()
            for piece in self._pieces.renew():
                self._lose(piece)
        if self.watch.look():
            self._exchange(0)  # so that the other workers do not take us for dead
