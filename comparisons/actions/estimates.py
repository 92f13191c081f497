"""What an estimate rests on: a model's earlier draws, its price, how many calls at once its endpoint bore."""

from __future__ import annotations

from comparisons.metrics import student_quantile
from comparisons.metrics.cost import Prices
from comparisons.models import Candidate, LanguageModel, Pool, Price, Request
from comparisons.queries.repricing import calls_at_once, with_measured_speed
from comparisons.samplers.estimating import Earlier, Rates
from comparisons.samplers.parsing import CUT_OFF
from comparisons.stages.call_costs import price_now

#: Earlier draws that an estimate looks at, newest first.
LOOKED_AT = 5000


def price_to_estimate(model: LanguageModel, pool: Pool) -> Price | None:
    """What a pool that is not drawn yet is counted at; by the machine-hour as fast as the model's newest pool was
    drawn, where no speed is stated."""
    drawn, price = _newest_drawn(model), price_now(pool)
    return with_measured_speed(price, drawn) if drawn else price


def borne_by(model: LanguageModel) -> float | None:
    """How many calls at once the model's newest pool had; None where none was drawn."""
    drawn = _newest_drawn(model)
    return calls_at_once(drawn) if drawn else None


def _newest_drawn(model: LanguageModel) -> Pool | None:
    drawn = Pool.objects.filter(model=model, n_asked__gt=0, requests__outcome=Request.Outcome.ANSWERED)
    return drawn.select_related("model").order_by("-pk").first()


def earlier_draws(model: LanguageModel, effort: str, purpose: str = Pool.Purpose.CANDIDATES) -> list[Earlier]:
    """This model's newest draws with the same effort and purpose. One query."""
    drawn = Candidate.objects.filter(pool__model=model, pool__effort=effort, pool__purpose=purpose, attempt=1)
    rows = drawn.order_by("-pk")
    names = ("problem_id", "subtask", "output_tokens", "latency_s", "reasoning_tokens", "finish_reason")
    return [
        Earlier((problem, subtask), tokens, latency, reasoning, ended in CUT_OFF)
        for problem, subtask, tokens, latency, reasoning, ended in rows.values_list(*names)[:LOOKED_AT]
    ]


def reach(freedom: int) -> float:
    """How many of an estimated spread an estimate's interval reaches to either side: it holds 95 %."""
    return student_quantile(0.975, freedom)


def rates_of(prices: Prices) -> Rates:
    """What an estimate counts at: at most all output is reasoning, where that is dearer."""
    dearest = prices.reasoning_usd if prices.is_reasoning_dearer else None
    return Rates(prices.input_usd, prices.output_usd, dearest)
