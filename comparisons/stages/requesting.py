"""Calls to a provider as rows: reserved and written before they are sent, ended with what they brought and cost.

What a call cost is known once it was answered; until then, and where it never is, it counts at its worst (see
`call_costs`). The cap is kept exactly by one conditional UPDATE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet
from django.utils import timezone

from comparisons.metrics import Prices
from comparisons.models import Pool, Price, Request, Work
from comparisons.samplers.providers import ProviderError, Usage
from comparisons.samplers.recipes import Recipe
from comparisons.samplers.records import TOKENS
from comparisons.stages.answered import rows_of
from comparisons.stages.call_costs import NANO, charge_nano_usd, is_exact, worst_nano_usd
from comparisons.stages.calls import Ask, Ending
from comparisons.stages.inserting import DRAWN, Row, end_requests, insert_candidates, packed

ERROR_CHARS = 400


def write_before_sending(pool: Pool, asks: Sequence[Ask], *, price: Price | None, recipe: Recipe) -> list[Request]:
    """The rows of as many of these calls, from the first on, as the pool's cap allows at their worst: fewer than asked
    where it is reached. One transaction, which holds the money before a byte is sent."""
    prices = price.to_prices() if price else None
    worst = [_worst(ask, prices, recipe) for ask in asks]
    with transaction.atomic():
        # All at once as a rule: a statement for each would cost more than all else that a draw takes here.
        n = len(asks) if _reserve(pool, worst) else _reserve_one_by_one(pool, worst)
        return Request.objects.bulk_create(
            Request(
                pool=pool,
                piece=ask.piece,
                problem_id=ask.problem,
                subtask=ask.subtask,
                index=ask.index,
                attempt=ask.attempt,
                turn=ask.turn,
                said=ask.said,
                run_cpu_s=ask.run_cpu_s,
                n_draws=ask.n,
                price=price,
                charged_nano_usd=most or 0,
            )
            for ask, most in zip(asks[:n], worst[:n], strict=True)
        )


def write_endings(pool: Pool, endings: Sequence[Ending], *, language: str, revision: int) -> str:
    """Writes how calls ended, and the candidates they brought. To be called in a transaction that holds the leases of
    their pieces: then no draw can be written twice. Returns the sentence that says of a call that it cost more than its
    worst case, "" where none did. Three statements, however many calls."""
    candidates: list[Row] = []
    ended: list[Row] = []
    freed = 0
    above = ""
    for ending in endings:
        ask, request, brought = ending.ask, ending.request, ending.brought
        usage, answer, kind, error = Usage(), "", "", ""
        if isinstance(brought, ProviderError):
            outcome = Request.Outcome.FAILED
            kind, error = brought.kind[:20], str(brought)[:ERROR_CHARS]
        else:
            is_refused = all(choice.is_refused for choice in brought.choices)
            outcome = Request.Outcome.REFUSED if is_refused else Request.Outcome.ANSWERED
            usage = brought.usage
            if ask.asks_for_runs(brought.choices[0]):
                answer = brought.choices[0].text
            else:
                candidates += rows_of(ask, request.pk, brought, language=language)
        charge, is_known = _charge(ending)
        if charge is None:
            charge, is_known = request.charged_nano_usd, request.is_charge_known
        elif not above:
            above = above_worst(ending)
        freed += request.charged_nano_usd - charge
        tokens = [getattr(usage, name) for name in TOKENS]
        row = (outcome.value, answer, brought.latency_s, kind, error, charge, is_known, *tokens, request.pk)
        ended.append(row)
    end_requests(timezone.now(), ended)
    insert_candidates(pool.pk, packed(candidates, DRAWN), revision=revision)
    if freed:
        Pool.objects.filter(pk=pool.pk).update(committed_nano_usd=F("committed_nano_usd") - freed)
    return above


def above_worst(ending: Ending) -> str:
    """The sentence that says that a call cost more than its worst case, "" where it did not. Then the endpoint counts
    what it was not asked for: reasoning beside the answer, a long prompt of its own, a limit it does not keep to."""
    request = ending.request
    charge, _ = _charge(ending)
    if charge is None or charge <= request.charged_nano_usd:
        return ""
    usd, worst_usd = charge / NANO, request.charged_nano_usd / NANO
    return f"a call cost ${usd:,.6f}, and by its prompt and max tokens no call costs more than ${worst_usd:,.6f}."


def _charge(ending: Ending) -> tuple[int | None, bool]:
    """(what the call cost in nano-dollars, None where nobody knows; whether that is exact)."""
    brought = ending.brought
    if isinstance(brought, ProviderError):
        return 0 if brought.is_charged is False else None, True
    prices = ending.request.price.to_prices() if ending.request.price else None
    # A cap holds whatever the tokens were.
    return charge_nano_usd(prices, brought.usage, at_most=True), is_exact(prices, brought.usage)


def write_lost(pieces: Sequence[Work]) -> int:
    """Marks what an earlier holder of these pieces sent and never wrote the answer of. It stays counted at its worst:
    perhaps it was paid for. One query."""
    return _lose(Request.objects.filter(piece__in=pieces), "Its worker ended before the answer was written.")


def failed_before(pieces: Sequence[Work], *, after: int) -> Counter[tuple[Any, ...]]:
    """How often calls of these pieces failed since request `after`, by (problem, subtask, index, attempt, turn); those
    that were only too many at once do not count. One query."""
    failed = Request.objects.filter(piece__in=pieces, outcome=Request.Outcome.FAILED, pk__gt=after)
    failed = failed.exclude(error_kind="rate-limit").order_by()
    return Counter(failed.values_list("problem", "subtask", "index", "attempt", "turn"))


def has_room(pool: Pool, ask: Ask, *, price: Price | None, recipe: Recipe) -> bool:
    """True where the cap of the pool, as its row was read, has room for this call at its worst."""
    most = _worst(ask, price.to_prices() if price else None, recipe)
    return most is not None and pool.committed_nano_usd <= _cap(pool) - most


def is_quiet(pool: Pool) -> Q:
    """Where nothing was spent or freed since the pool's row was read, and no worker that lives has a call of it open:
    that counts at its worst and usually costs less."""
    alive = {"piece__state": Work.State.LEASED, "piece__expires_at__gt": timezone.now()}
    under_way = Request.objects.filter(pool=pool.pk, ended_at=None, outcome=Request.Outcome.SENT, **alive)
    return Q(~Exists(under_way), committed_nano_usd=pool.committed_nano_usd)


def write_unheld(requests: Sequence[Request]) -> int:
    """Marks calls that were answered after their piece was given to another worker, which asks for the draws again. One
    query, where there are any."""
    mine = Request.objects.filter(pk__in=[request.pk for request in requests])
    return _lose(mine, "It was answered after its draws were given to another worker.")


def _lose(requests: QuerySet[Request], reason: str) -> int:
    return requests.filter(outcome=Request.Outcome.SENT).update(
        outcome=Request.Outcome.LOST, error_kind="lost", error=reason, ended_at=timezone.now()
    )


def _worst(ask: Ask, prices: Prices | None, recipe: Recipe) -> int | None:
    return worst_nano_usd(prices, ask.prompt, max_tokens=recipe.max_tokens, n=ask.n, extra=recipe.extra)


def _cap(pool: Pool) -> int:
    assert pool.max_cost_usd is not None
    return int(pool.max_cost_usd * NANO)


def _reserve(pool: Pool, worst: Sequence[int | None]) -> bool:
    """Takes the money for all of these calls, or for none. One query."""
    total = sum(most or 0 for most in worst)
    rows = Pool.objects.filter(pk=pool.pk)
    if pool.max_cost_usd is not None:
        if None in worst:  # no price any longer: nothing can be promised
            return False
        rows = rows.filter(committed_nano_usd__lte=_cap(pool) - total)
    return not worst or bool(rows.update(committed_nano_usd=F("committed_nano_usd") + total))


def _reserve_one_by_one(pool: Pool, worst: Sequence[int | None]) -> int:
    """How many of these calls, from the first on, there is money for."""
    n = 0
    while n < len(worst) and _reserve(pool, worst[n : n + 1]):
        n += 1
    return n
