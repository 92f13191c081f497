"""What drawing would take, before anything is sent: tokens, cost and time, each with an interval.

Input tokens are counted from the prompts' characters, output tokens and times from this model's earlier draws: those of
a unit that is asked for again say what it takes, those of others what a unit takes that was never asked for. Without
any the output lies between nothing and what may be asked for at most; a pilot of a few draws per unit narrows it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from comparisons.samplers.providers.protocol import Prompt

#: Characters per token of statements and programs: fewest, usual, most. English and code lie around 3.6.
CHARS_PER_TOKEN = (2.5, 3.6, 5.0)
#: Tokens that a chat's form adds to a message, at most.
PER_MESSAGE = 16
_MILLION = Decimal(1_000_000)


#: Problem and subtask, or what else is asked for by a prompt of its own.
Unit = Hashable
#: (lowest, likely, highest mean); None where it is unknown, or has no bound.
Span = tuple[float, float | None, float | None]
#: Freedom of an estimated spread -> how many of them the interval reaches to either side.
Quantile = Callable[[int], float]


@dataclass(frozen=True)
class Earlier:
    """An earlier draw of the model: its unit, tokens (None unknown) and time. `is_cut`: it would have taken more."""

    unit: Unit
    output_tokens: int | None
    latency_s: float | None
    reasoning_tokens: int | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Rates:
    """USD per million tokens; None = unknown. `dearest_usd`: of output that is all reasoning, where that costs more."""

    input_usd: Decimal | None
    output_usd: Decimal | None
    dearest_usd: Decimal | None = None


@dataclass(frozen=True)
class Estimate:
    """`cost_usd` and the spans: (lo, hi), None where nothing is known; hi None where there is no bound. Cost, calls,
    tokens and seconds: the most likely, None where nothing is known. `basis` says in words what it rests on; the time
    is that of `at_once` calls at a time: those that are likely, and the most."""

    cost_usd: tuple[Decimal, Decimal | None] | None
    likely_usd: Decimal | None
    calls: int
    input_tokens: int
    output_tokens: int | None
    seconds: float | None
    basis: str
    input_span: tuple[int, int | None] | None = None
    output_span: tuple[int, int | None] | None = None
    seconds_span: tuple[float, float] | None = None
    at_once: tuple[int, int] = (1, 1)


def most_input_tokens(prompt: Prompt) -> int:
    """More tokens than the prompt can be: every tokenizer in use makes at most one of a byte."""
    return sum(len(message.text.encode()) + PER_MESSAGE for message in prompt.messages) + PER_MESSAGE


def estimate(
    prompts: Sequence[Prompt],
    *,
    units: Sequence[Unit],
    draws: int,
    choices_per_call: int,
    attempts: int,
    max_tokens: int | None,
    rates: Rates | None,
    earlier: Sequence[Earlier],
    quantile: Quantile,
    concurrency: int,
    borne: float | None = None,
    per_minute: int | None = None,
    run_turns: int = 0,
    told_chars: int = 0,
) -> Estimate:
    """The estimate for `draws` draws of each prompt (one per unit). Further attempts repeat the prompt and what was
    answered, so their input grows with the answers. At most, each of them takes `run_turns` calls more and is told
    `told_chars` characters each time; how often a model asks for runs is not known before, so that is only in the
    upper bound. `concurrency`: calls that are open together at most, `borne`: those that were, where the endpoint was
    drawn from before; `per_minute`: calls that it is asked at most."""
    calls = math.ceil(draws / choices_per_call)
    chars = sum(len(message.text) for prompt in prompts for message in prompt.messages)
    answers = len(prompts) * draws * attempts
    (low, likely, high), basis = _per_answer(earlier, units, draws * attempts, max_tokens, quantile)
    # Attempt t reads the t-1 answers before it.
    reread = len(prompts) * draws * attempts * (attempts - 1) / 2
    asked = chars * (calls + draws * (attempts - 1))
    inputs = [asked / rate for rate in reversed(CHARS_PER_TOKEN)]
    input_low = inputs[0] + reread * low
    input_likely = inputs[1] + reread * (likely if likely is not None else low)
    each = attempts + (attempts - 1) * run_turns
    most_answers = len(prompts) * draws * each
    asked_most = chars * (calls + draws * (each - 1)) + len(prompts) * draws * (each - 1) * each / 2 * told_chars
    input_high = None
    if high is not None or each == 1:
        reread_most = len(prompts) * draws * each * (each - 1) / 2 * (high or 0.0)
        input_high = asked_most / CHARS_PER_TOKEN[0] + reread_most
    cost, likely_usd = None, None
    if rates is not None and rates.input_usd is not None and rates.output_usd is not None:
        cost_low = _usd(input_low, rates.input_usd) + _usd(answers * low, rates.output_usd)
        cost_high = None
        dearest_usd = rates.output_usd if rates.dearest_usd is None else rates.dearest_usd
        if high is not None and input_high is not None:
            cost_high = _usd(input_high, rates.input_usd) + _usd(most_answers * high, dearest_usd)
        likely_rate = _likely_output_usd(rates.output_usd, rates.dearest_usd, earlier)
        if likely is not None and likely_rate is not None:
            likely_usd = _usd(input_likely, rates.input_usd) + _usd(answers * likely, likely_rate)
        cost = (cost_low, cost_high)
    n_calls = len(prompts) * (calls + draws * (attempts - 1))
    most_at_once = float(max(1, min(concurrency, len(prompts) * calls)))
    at_once = (most_at_once if borne is None else max(1.0, min(most_at_once, borne)), most_at_once)
    seconds, seconds_span = _seconds(earlier, units, n_calls, attempts, at_once, per_minute, quantile)
    return Estimate(
        cost,
        likely_usd,
        n_calls,
        round(input_likely),
        None if likely is None else round(answers * likely),
        seconds,
        basis,
        (round(input_low), None if input_high is None else round(input_high)),
        None if likely is None else (round(answers * low), None if high is None else round(most_answers * high)),
        seconds_span,
        (round(at_once[0]), round(at_once[1])),
    )


def _likely_output_usd(output_usd: Decimal, dearest_usd: Decimal | None, earlier: Sequence[Earlier]) -> Decimal | None:
    """The rate of output with the share of reasoning that earlier draws had; None where reasoning is dearer and they do
    not say."""
    if dearest_usd is None:
        return output_usd
    told = [one for one in earlier if one.output_tokens and one.reasoning_tokens is not None]
    output = sum(one.output_tokens or 0 for one in told)
    reasoning = sum(one.reasoning_tokens or 0 for one in told)
    return output_usd + (dearest_usd - output_usd) * reasoning / output if output else None


def _per_answer(
    earlier: Sequence[Earlier], units: Sequence[Unit], answers: int, max_tokens: int | None, quantile: Quantile
) -> tuple[Span, str]:
    """(the mean of output tokens per answer, what it rests on); `answers`: of each unit."""
    told = [one for one in earlier if one.output_tokens is not None]
    most = None if max_tokens is None else float(max_tokens)
    if not told:
        until = "the output is unknown" if most is None else "between nothing and the most tokens of an answer"
        return (0.0, None, most), f"no earlier draws of this model: {until}"
    low, likely, high = _mean([(one.unit, float(one.output_tokens or 0)) for one in told], units, answers, quantile)
    cut = [one for one in told if one.is_cut and (max_tokens is None or (one.output_tokens or 0) < max_tokens)]
    if cut:  # they would have taken more, at most as much as may be asked for
        cut_ids = set(map(id, cut))
        longer = [(one.unit, float((max_tokens if id(one) in cut_ids else one.output_tokens) or 0)) for one in told]
        high = None if max_tokens is None else _mean(longer, units, answers, quantile)[2]
    if most is not None:
        low, likely, high = min(low, most), min(likely, most), most if high is None else min(high, most)
    return (low, likely, high), _basis(told, units, len(cut))


def _basis(told: Sequence[Earlier], units: Sequence[Unit], n_cut: int) -> str:
    seen = {one.unit for one in told}
    again = len(seen.intersection(units))
    where = "one unit" if len(seen) == 1 else f"{len(seen):,} units"
    here = "all of them asked for here" if again == len(seen) else f"{again or 'none'} of them asked for here"
    cut = f"; {n_cut:,} were cut off and would have been longer" if n_cut else ""
    return f"{len(told):,} earlier draws of this model on {where} ({here}){cut}"


def _mean(
    values: Sequence[tuple[Unit, float]], units: Sequence[Unit], n: int, quantile: Quantile
) -> tuple[float, float, float | None]:
    """The mean of `n` further values of each of these units, with the interval in which it will lie.

    A unit with values of its own is expected at their mean, give or take the scatter within units; another one at the
    mean over all units, give or take the scatter between them, which is the same for however many draws. Without a
    scatter to go by there is no upper bound. A unit that is named twice (by two prompts) is one unit.
    """
    by_unit: dict[Unit, list[float]] = defaultdict(list)
    for unit, value in values:
        by_unit[unit].append(value)
    means = {unit: sum(found) / len(found) for unit, found in by_unit.items()}
    over_all = sum(means.values()) / len(means)
    within_freedom, between_freedom = len(values) - len(means), len(means) - 1
    asked = Counter(units)
    seen = {unit: times for unit, times in asked.items() if unit in means and within_freedom}
    new = [times for unit, times in asked.items() if unit not in seen]
    likely = (sum(times * means[unit] for unit, times in seen.items()) + sum(new) * over_all) / len(units)
    if new and not between_freedom:
        return 0.0, likely, None
    variance, freedom, n = 0.0, [], max(1, n)  # where nothing is missing, no further value either
    if seen:
        within = sum((value - means[unit]) ** 2 for unit, value in values) / within_freedom
        variance += within * sum(times**2 / len(by_unit[unit]) + times / n for unit, times in seen.items())
        freedom.append(within_freedom)
    if new:
        between = sum((mean - over_all) ** 2 for mean in means.values()) / between_freedom
        variance += between * (sum(new) ** 2 / len(means) + sum(times**2 for times in new))
        freedom.append(between_freedom)
    reach = quantile(min(freedom)) * math.sqrt(variance) / len(units)
    return max(0.0, likely - reach), likely, likely + reach


def _seconds(
    earlier: Sequence[Earlier],
    units: Sequence[Unit],
    n_calls: int,
    attempts: int,
    at_once: tuple[float, float],
    per_minute: int | None,
    quantile: Quantile,
) -> tuple[float | None, tuple[float, float] | None]:
    """(likely, (lo, hi)) of drawing with so many calls at once, likely and at most. No shorter than one call, however
    many go at once, and attempts follow each other. At most, all slots are busy until the longest call begins (Graham,
    1969)."""
    times = [(one.unit, one.latency_s) for one in earlier if one.latency_s is not None]
    if not times or not n_calls:
        return (None, None) if n_calls else (0.0, (0.0, 0.0))
    low, likely, high = _mean(times, units, max(1, n_calls // len(units)), quantile)
    paced_s = (n_calls - 1) / per_minute * 60 if per_minute else 0.0

    def lasts(mean: float, slots: float) -> float:
        return max(mean * n_calls / slots, mean * attempts, paced_s + mean * attempts)

    longest = max(time for _, time in times)
    most = longest if high is None else high
    slots, most_slots = at_once
    latest = max(most * n_calls / slots, paced_s) + longest * attempts
    return lasts(likely, slots), (lasts(low, most_slots), max(lasts(most, slots), latest))


def _usd(tokens: float, usd_per_million: Decimal) -> Decimal:
    return (Decimal(round(tokens)) * usd_per_million / _MILLION).quantize(Decimal("0.000001"))
