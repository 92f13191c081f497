"""Drawing: a shift takes pieces of one pool and keeps as many calls open as its endpoint bears, until nothing is left.

The order that loses and doubles nothing: a call is written and its money reserved, then it is sent; its answer and its
candidates are written in one transaction that holds the piece's lease. Whoever takes a piece over asks only for draws
that are not there, and marks what its predecessor had sent as lost.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from django.db import close_old_connections

from comparisons.models import Candidate, Pool, PoolState, Work
from comparisons.queue import worker_name
from comparisons.samplers.extras import owned, unbounded
from comparisons.samplers.providers import PROVIDERS, Completion, PermanentError, RetryableError
from comparisons.samplers.providers.pacing import Backoff, Breaker, Call, Grant, Limiter
from comparisons.samplers.recipes import Recipe
from comparisons.stages import asking, conversing, planning_draws, requesting
from comparisons.stages import work as leases
from comparisons.stages.between import Between, Ran, Run
from comparisons.stages.call_costs import NANO, price_now
from comparisons.stages.conversing import Talk
from comparisons.stages.environment import sandbox
from comparisons.stages.limiting import call_of, limiter_of
from comparisons.stages.pool_state import REASON_CHARS
from comparisons.stages.requesting import Ask, Ending, Key, Turn
from comparisons.stages.sending import Senders
from comparisons.stages.waiting_calls import WaitingCalls, blocks
from judge.errors import SandboxUnavailable

logger = logging.getLogger(__name__)

#: A shift ends so that other pools get their turn: after this long where one waits, and anyway before a job's time is
#: over, with the longest call still to come.
TURN_S, SHIFT_S = 60.0, 1500.0
#: The state of the pool is looked at, and leases are renewed, so often.
LOOK_S = 1.0
RENEW_S = leases.LEASE.total_seconds() / 3
#: How long a shift waits for the next answer, and for one of the same wave.
TICK_S, WAVE_S = 0.1, 0.005
#: Draws that a shift has claimed and not begun.
AHEAD = 200
_NOTE_S = 2.0


def draw(piece: Work) -> None:
    """Draws this piece and, while there are calls to spare, further pieces of its pool. Finishes or hands back every
    piece it took."""
    pool = piece.pool
    assert pool is not None
    # Of a pool that was begun when such parameters were still sent as they are.
    extra = Recipe.from_data(pool.recipe).extra
    refusal = owned(extra) or (unbounded(extra) if pool.max_cost_usd is not None else "")
    if refusal:
        _stop(pool, PoolState.FAILED, refusal)
        leases.give_back(piece, counts=False)
        return
    try:
        provider = asking.connect(pool.model)
    except PermanentError as error:
        _stop(pool, PoolState.FAILED, str(error))
        leases.give_back(piece, counts=False)
        return
    try:
        runs = Recipe.from_data(pool.recipe).runs_programs
        between = Between(sandbox() if runs else None)
    except SandboxUnavailable as error:
        provider.close()
        _stop(pool, PoolState.PAUSED, f"No program can be run here between the attempts: {error}")
        leases.give_back(piece, counts=False)
        return
    name = f"{worker_name()}:{pool.pk}"
    with between, Senders(provider, most=pool.model.max_concurrency) as senders:
        Shift(pool, senders, limiter_of(pool.model, name), between=between).run(piece)


@dataclass
class _Held:
    """A piece this shift holds, and the attempts of draws that are still to be had."""

    work: Work
    left: set[Key] = field(default_factory=set)


class Shift:
    """One worker's time on one pool."""

    def __init__(
        self,
        pool: Pool,
        senders: Senders,
        limiter: Limiter,
        *,
        between: Between,
        backoff: Backoff | None = None,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: Random | None = None,
    ) -> None:
        self.pool = pool
        self.recipe = Recipe.from_data(pool.recipe)
        self._senders, self._limiter, self._clock = senders, limiter, clock
        self._between = between
        self._backoff = backoff or Backoff()
        # By the time of day: another worker, on another machine, may have the pool's next shift.
        self._breaker = breaker or Breaker(time.time)
        self._breaker.recall(pool.failing)
        self._remembered = self._breaker.memory()
        self._tried: Counter[tuple[Any, ...]] = Counter()
        self._rng = rng or Random(f"{worker_name()} {time.time_ns()}")
        self._price = price_now(pool)
        kind = PROVIDERS.get(pool.model.provider)
        is_single = kind is not None and "choices_per_call" in kind.lacks(pool.model.endpoint)
        self._per_call = 1 if is_single else self.recipe.choices_per_call
        self._revision = pool.newest_revision.number + 1
        self._units = {unit.key: unit for unit in asking.units_from(pool.recipe)}
        self._asked: dict[tuple[int, int | None, str], asking.Asked] = {}
        self._pieces: dict[int, _Held] = {}
        self._waiting = WaitingCalls()
        self._reported: list[Call] = []
        self._unwritten: list[Ending] = []
        self._sent_at: dict[int, float] = {}
        self._began = self._looked = self._renewed = self._noted = clock()
        self._note = ""
        self._may_start = True
        self._ask_limiter_at = self._take_more_at = 0.0

    def run(self, piece: Work) -> None:
        """Draws until nothing of the pool is free, the pool is stopped, or the shift's time is over."""
        self._take(piece)
        try:
            while self._pieces:
                self._look()
                if self._may_start:
                    self._take_more()
                elif not self._senders.open:
                    return
                self._start()
                self._gather()
                self._write()
                self._told()
        finally:
            self._between.drop()
            self._remember()
            self._limiter.exchange(self._reported, want=0, holding=0)
            for held in self._pieces.values():
                leases.give_back(held.work, counts=False)

    def _take(self, work: Work) -> None:
        """Makes the calls that the piece still needs."""
        lost = requesting.write_lost(work)
        if lost:
            logger.warning("%s: %s calls of an earlier worker were lost", work, lost)
        assert work.problem_id is not None
        unit = self._units[work.problem_id, work.subtask]
        role, first = asking.role_of(self.pool.recipe, work.start)
        asked = self._asked.get((*unit.key, role)) or asking.asked(
            unit, self.recipe, role, first, template=self.pool.prompt_version
        )
        self._asked[*unit.key, role] = asked
        there: dict[int, int] = {}
        rows = Candidate.objects.filter(
            pool=self.pool, problem=unit.problem, subtask=unit.subtask, index__gte=work.start, index__lt=work.stop
        )
        for index in rows.values_list("index", flat=True):
            there[index] = there.get(index, 0) + 1
        held = self._pieces[work.pk] = _Held(work)
        self._tried |= requesting.failed_before(work, after=self.pool.failing.get("after", 0))
        for index in range(work.start, work.stop):
            attempts = range(there.get(index, 0) + 1, self.recipe.attempts + 1)
            held.left |= {(unit.problem, unit.subtask, index, attempt) for attempt in attempts}
        fresh = [index for index in range(work.start, work.stop) if index not in there]
        for index, n in blocks(fresh, self._per_call):
            self._plan(conversing.first_ask(work, asked, index, n))
        if self.recipe.attempts > 1:
            for talk, spent in conversing.resumed(self.pool, work, asked, self.recipe):
                self._go_on(talk, spent)
        self._finish_if_done(held)

    def _take_more(self) -> None:
        """Claims pieces until calls wait for a turn: a slow answer in one piece must not leave the others idle."""
        if len(self._waiting) + self._between.open >= AHEAD or self._clock() < self._take_more_at:
            return
        for pk in planning_draws.open_pieces(self.pool):
            work = leases.claim(pk, worker_name())
            if work is not None:
                self._take(work)
            if len(self._waiting) + self._between.open >= AHEAD:
                return
        self._take_more_at = self._clock() + LOOK_S

    def _start(self) -> None:
        """Begins as many calls as are due, as the limit and the cap allow."""
        if not self._may_start:
            return
        now = self._clock()
        due = self._waiting.due(now)
        if now < self._ask_limiter_at or not (due or self._reported):
            return
        grant = self._limiter.exchange(self._reported, want=due, holding=self._senders.open)
        self._reported = []
        if due and not grant.n and grant.wait_s:
            self._say(f"The endpoint is to be left alone for {max(1, round(grant.wait_s))} s.")
        self._ask_limiter_at = now + (min(grant.wait_s, LOOK_S) if not grant.n else 0.0)
        asks = self._waiting.take(grant.n)
        requests = requesting.write_before_sending(self.pool, asks, price=self._price, recipe=self.recipe)
        for ask, request in zip(asks, requests, strict=False):
            self._sent_at[request.pk] = now
            self._senders.send(ask, request, self.recipe.parameters(ask.index))
        for ask in asks[len(requests) :]:
            self._plan(ask)
        if len(requests) < len(asks):
            self._over_cap(grant, len(asks) - len(requests))

    def _over_cap(self, grant: Grant, n: int) -> None:
        """The cap has no room for a call at its worst. Answers under way usually cost less: then there may be."""
        # What was granted and not used is given back.
        self._limiter.exchange([], want=0, holding=self._senders.open)
        self._ask_limiter_at = self._clock() + LOOK_S / 4
        if self._senders.open or self._unwritten:
            return
        self.pool.refresh_from_db(fields=["committed_nano_usd", "max_cost_usd"])
        spent = self.pool.committed_nano_usd / NANO
        self._stop(
            PoolState.STOPPED_BY_BUDGET,
            f"${spent:,.4f} of ${self.pool.max_cost_usd:,.4f} are used; the next call could cost more than is left.",
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
            if len(self._unwritten) >= AHEAD or not all(isinstance(one.brought, Completion) for one in fresh):
                return
            if self.pool.max_cost_usd is not None and any(requesting.above_worst(one) for one in fresh):
                return
            self._start()

    def _write(self) -> None:
        """Writes what ended, all pieces in one transaction, and decides what follows from it."""
        endings, self._unwritten = self._unwritten, []
        mine = [ending for ending in endings if ending.ask.piece.pk in self._pieces]
        held = {ending.ask.piece.pk: self._pieces[ending.ask.piece.pk] for ending in mine}
        try:
            self._write_held(list(held.values()), mine)
        except leases.LeaseLost:
            # One of them: each by itself, so that only what is lost is not written.
            for pk, one in held.items():
                try:
                    self._write_held([one], [ending for ending in mine if ending.ask.piece.pk == pk])
                except leases.LeaseLost as lost:
                    self._lose(one, lost)
        requesting.write_unheld([one.request for one in endings if one.ask.piece.pk not in self._pieces])
        for ending in mine:
            if ending.ask.piece.pk in self._pieces:
                self._follow(held[ending.ask.piece.pk], ending)
        for one in held.values():
            self._finish_if_done(one)

    def _write_held(self, held: Sequence[_Held], endings: Sequence[Ending]) -> None:
        if not endings:
            return
        with leases.holding([one.work for one in held]):
            above = requesting.write_endings(self.pool, endings, language=self.recipe.language, revision=self._revision)
        if above and self.pool.max_cost_usd is not None:
            self._stop(PoolState.PAUSED, f"Paused, because its cap cannot hold: {above}")

    def _follow(self, held: _Held, ending: Ending) -> None:
        ask, brought = ending.ask, ending.brought
        if isinstance(brought, Completion):
            self._breaker.answered()
            got = len(brought.choices[: ask.n])
            if got < ask.n:
                self._plan(replace(ask, index=ask.index + got, n=ask.n - got, tries=0))
            for place, choice in enumerate(brought.choices[: ask.n]):
                talk = conversing.talk_of(ask, choice, place)
                if talk.is_final:
                    held.left.discard(talk.ask.keys[0])
                self._go_on(talk, None if talk.is_final else conversing.turn_of(ending.request, ask))
            self._say("")
        elif isinstance(brought, RetryableError):
            reason = self._breaker.failed(brought)
            wait_s = self._backoff.wait_s(brought, ask.tries + 1, self._rng)
            if reason:
                self._stop(PoolState.PAUSED, f"Paused by the circuit breaker: {reason}")
            if wait_s is None:
                self._give_up(held, ask)
            else:
                self._plan(replace(ask, tries=ask.tries + (not brought.is_rate_limit)), wait_s)
                self._say(f"Trying again: {brought.reason}")
        else:
            if isinstance(brought, PermanentError) and brought.concerns_all:
                self._stop(PoolState.FAILED, str(brought))
                self._plan(ask)
                return
            self._give_up(held, ask)

    def _give_up(self, held: _Held, ask: Ask) -> None:
        """The draws are missing, and so are their further attempts: the provider never answered. Requests say why."""
        gone = {key[:3] for key in ask.keys}
        held.left = {key for key in held.left if key[:3] not in gone or key[3] < ask.attempt}

    def _go_on(self, talk: Talk, spent: Turn | None) -> None:
        """What follows an answer: nothing, a review, or a run of its program that something will be said about."""
        ask = talk.ask
        asked = self._asked[ask.problem, ask.subtask, ask.role]
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
            piece = ran.run.talk.ask.piece
            held = self._pieces.get(piece.pk)
            if held is not None and held.work.attempt == piece.attempt:
                self._plan(self._after(ran))

    def _after(self, ran: Ran) -> Ask:
        run = ran.run
        if run.spent is not None:
            return conversing.next_ask(run.talk, self.recipe, run.spent, ran.text, ran.cpu_s)
        return conversing.review_ask(run.talk, self.recipe, run.asked, ran.text, ran.cpu_s)

    def _plan(self, ask: Ask, wait_s: float = 0.0) -> None:
        if not ask.tries:  # what failed in an earlier shift was tried, too
            tried = self._tried[ask.problem, ask.subtask, ask.index, ask.attempt, ask.turn]
            ask = replace(ask, tries=tried) if tried else ask
        self._waiting.add(ask, self._clock() + wait_s if wait_s else 0.0)

    def _finish_if_done(self, held: _Held) -> None:
        if held.left or held.work.pk not in self._pieces:
            return
        self._pieces.pop(held.work.pk, None)
        try:
            with leases.finishing(held.work):
                pass
        except leases.LeaseLost as lost:
            logger.warning("%s", lost)

    def _lose(self, held: _Held, lost: leases.LeaseLost) -> None:
        logger.warning("%s", lost)
        self._pieces.pop(held.work.pk, None)
        self._waiting.drop(held.work.pk)

    def _look(self) -> None:
        """Looks, now and then, whether the pool is still to be drawn by us, and renews what we hold."""
        now = self._clock()
        if now - self._renewed > RENEW_S:
            self._renewed = now
            close_old_connections()
            for held in list(self._pieces.values()):
                if not leases.renew(held.work):
                    self._lose(held, leases.LeaseLost(f"{held.work} was given to another worker"))
        if now - self._looked > LOOK_S:
            self._looked = now
            state = Pool.objects.filter(pk=self.pool.pk).values_list("state", flat=True).first()
            self._price = price_now(self.pool)  # a price may begin to hold while a shift lasts
            if state != PoolState.DRAWING or self._is_turn_over():
                self._may_start = False
            self._remember()
            # So that the other workers do not take us for dead.
            self._limiter.exchange(self._reported, want=0, holding=self._senders.open)
            self._reported = []

    def _remember(self) -> None:
        """Writes what the pool's next shift has to know: one that fails for minutes lasts longer than a shift."""
        memory = self._breaker.memory()
        if memory != self._remembered:
            self._remembered = memory
            kept = {"after": self.pool.failing.get("after", 0), **memory}
            Pool.objects.filter(pk=self.pool.pk, state=PoolState.DRAWING).update(failing=kept)

    def _is_turn_over(self) -> bool:
        """True where the shift has lasted long enough, less long where another pool waits."""
        lasted_s = self._clock() - self._began
        others = leases.ready().filter(kind=Work.Kind.DRAW).exclude(pool=self.pool)
        return lasted_s > SHIFT_S or (lasted_s > TURN_S and others.exists())

    def _say(self, note: str) -> None:
        """What the pool's page shows that drawing waits for; "" once it goes on."""
        now = self._clock()
        if note != self._note and now - self._noted > _NOTE_S:
            self._note, self._noted = note, now
            Pool.objects.filter(pk=self.pool.pk).update(drawing_note=note[:200])

    def _stop(self, state: PoolState, reason: str) -> None:
        self._may_start = False
        _stop(self.pool, state, reason)


def _stop(pool: Pool, state: PoolState, reason: str) -> None:
    """Stops the drawing of a pool that is drawn; what was stopped by a person stays so. One query."""
    Pool.objects.filter(pk=pool.pk, state=PoolState.DRAWING).update(
        state=state, state_reason=reason[:REASON_CHARS], drawing_note=""
    )
