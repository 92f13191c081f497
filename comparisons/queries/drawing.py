"""How far a pool is drawn, what it took, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from comparisons.models import Candidate, Pool, PoolState, Price, Request
from comparisons.queries.attempts import ENDINGS, last_of_draws
from comparisons.queries.repricing import UNTOLD, priced_row, untold_usd
from comparisons.queries.token_sums import FREE_CALL, TokenSum, token_sums

NANO = Decimal(1_000_000_000)
#: The rate is that of the last minute: the limit on calls changes it.
RATE_OVER = timedelta(seconds=60)


@dataclass(frozen=True)
class Drawing:
    """Draws: `requested` of all units, `drawn` (answered, whatever the answer), `failed` (tried and never answered).
    `incomplete`, `truncated`, `refused` and `without_program` are among the drawn: those that lack a further attempt,
    and those whose last attempt ended so. Tokens and cost are those of every call, also of
    those that brought nothing; `cost_usd` is None where no price is known, and a lower bound where a call's is not.
    By the machine-hour it is that of the time in which calls were open; `idle_usd`: of the rest. Each call costs what
    held when it was made: `price` is the newest of those, `earlier_prices` are the others, newest first.
    `errors`: calls that brought nothing, by class, most first. `per_minute` and `left_s` by the last minute, None where
    nothing came in it."""

    requested: int
    drawn: int
    failed: int
    incomplete: int
    truncated: int
    refused: int
    without_program: int
    tokens: Mapping[str, TokenSum]
    cost_usd: Decimal | None
    cost_is_lower_bound: bool
    price: Price | None
    earlier_prices: tuple[Price, ...]
    calls: int
    lost: int
    errors: tuple[tuple[str, int], ...]
    last_error: str
    per_minute: float | None
    left_s: float | None
    idle_usd: Decimal | None
    used_usd: Decimal
    max_cost_usd: Decimal | None
    waits_for: str

    @property
    def is_complete(self) -> bool:
        """Every draw that was asked for is there, with all its attempts."""
        return self.drawn >= self.requested and not self.incomplete


def drawing_of(pool: Pool) -> Drawing | None:
    """The drawing of a pool; None for one whose samples came in. Ten queries whatever the number of draws."""
    if not pool.n_asked:
        return None
    requested = pool.n_asked * len(pool.recipe.get("units", ()))
    counts = Candidate.objects.filter(pool=pool).aggregate(
        drawn=Count("pk", filter=Q(attempt=1)),
        whole=Count("pk", filter=Q(attempt=pool.recipe.get("attempts", 1))),
    )
    counts |= last_of_draws(pool).aggregate(**ENDINGS)
    calls = Request.objects.filter(pool=pool)
    sums = calls.aggregate(
        n=Count("pk"),
        charged=Sum("charged_nano_usd", filter=Q(is_charge_known=True)),
        known=Count("pk", filter=Q(is_charge_known=True)),
        priced=Count("pk", filter=Q(price__isnull=False)),
        untold=Count("pk", filter=UNTOLD),
        under_way=Count("pk", filter=Q(outcome=Request.Outcome.SENT)),
        lost=Count("pk", filter=Q(outcome=Request.Outcome.LOST)),
    )
    errors = calls.exclude(error_kind="").values_list("error_kind").annotate(n=Count("pk")).order_by("-n", "error_kind")
    last = calls.exclude(error="").order_by("-ended_at", "-pk").first()
    per_minute = _rate(pool)
    left = requested - counts["drawn"]
    prices = list(Price.objects.filter(pk__in=calls.values("price")).order_by("-valid_from", "-pk"))
    price = prices[0].counted(is_batch=pool.is_batch) if prices else None
    cost = Decimal(sums["charged"] or 0) / NANO if sums["known"] and sums["priced"] else None
    if sums["untold"]:
        cost = (cost or Decimal(0)) + untold_usd(pool)
    hourly = priced_row(price, pool) if price and price.usd_per_machine_hour is not None else None
    return Drawing(
        requested=requested,
        drawn=counts["drawn"],
        failed=_failed(pool),
        incomplete=counts["drawn"] - counts["whole"],
        truncated=counts["truncated"],
        refused=counts["refused"],
        without_program=counts["without"],
        tokens=token_sums(calls.exclude(FREE_CALL)),
        cost_usd=hourly.cost_usd if hourly else cost,
        cost_is_lower_bound=hourly.is_lower_bound if hourly else sums["known"] < sums["n"],
        price=price,
        earlier_prices=() if hourly else tuple(prices[1:]),
        idle_usd=hourly.idle_usd if hourly else None,
        calls=sums["n"],
        lost=sums["lost"],
        errors=tuple(errors),
        last_error=last.error if last else "",
        per_minute=per_minute,
        left_s=left / per_minute * 60 if per_minute and left > 0 else None,
        used_usd=Decimal(pool.committed_nano_usd) / NANO,
        max_cost_usd=pool.max_cost_usd,
        waits_for=pool.drawing_note if pool.state == PoolState.DRAWING else "",
    )


def sample_data(pool: Pool, drawing: Drawing | None) -> Mapping[str, Any]:
    """The object that `sample --json` prints, without the estimate."""
    if drawing is None:
        return {"pool": pool.pk, "state": pool.state}
    data = {
        "pool": pool.pk,
        "state": pool.state,
        "requested": drawing.requested,
        "drawn": drawing.drawn,
        "truncated": drawing.truncated,
        "refused": drawing.refused,
        "failed": drawing.failed,
        "input_tokens": drawing.tokens["input"].known,
        "output_tokens": drawing.tokens["output"].known,
        "cost_usd": drawing.cost_usd,
    }
    told: dict[str, Any] = {"incomplete": drawing.incomplete} if drawing.incomplete else {}
    if any(drawing.tokens[name].is_lower_bound for name in ("input", "output")):
        told |= {"tokens_are_lower_bound": True}
    return data | told | ({"cost_is_lower_bound": True} if drawing.cost_is_lower_bound else {})


def _rate(pool: Pool) -> float | None:
    """Draws a minute, over the last minute in which drawing went on, or over as much of it as there is."""
    now = timezone.now()
    recent = Request.objects.filter(pool=pool, outcome__in=("answered", "refused"), ended_at__gt=now - RATE_OVER)
    found = recent.aggregate(n=Sum("n_draws"))["n"]
    first = recent.order_by("ended_at").values_list("sent_at", flat=True).first() if found else None
    if first is None:
        return None
    lasted_s = min(RATE_OVER, now - first).total_seconds()
    return float(found / max(lasted_s, 1.0) * 60)


def _failed(pool: Pool) -> int:
    """Draws of which every call brought nothing. A call under way may still bring one."""
    key = ("problem", "subtask", "index")
    calls = Request.objects.filter(pool=pool, attempt=1).order_by()
    tried: set[tuple[int | None, int | None, int]] = set()
    for problem, subtask, index, n in calls.filter(outcome="failed").values_list(*key, "n_draws"):
        tried |= {(problem, subtask, index + k) for k in range(n)}
    if not tried:
        return 0
    there = Candidate.objects.filter(pool=pool, attempt=1).order_by().values_list(*key)
    open_calls = calls.filter(outcome="sent").values_list(*key)
    return len(tried - set(there.iterator(chunk_size=5000)) - set(open_calls))
