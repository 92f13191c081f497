"""What drawing would take, before anything is sent: tokens, cost and time, with an interval.

Input tokens are counted from the prompts' characters, output tokens and times from this model's earlier draws. Without
any the output lies between nothing and what may be asked for at most; a pilot of one draw per unit narrows it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from comparisons.samplers.providers.protocol import Prompt

#: Characters per token of statements and programs: fewest, usual, most. English and code lie around 3.6.
CHARS_PER_TOKEN = (2.5, 3.6, 5.0)
#: Tokens that a chat's form adds to a message, at most.
PER_MESSAGE = 16
_Z = 1.96
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Earlier:
    """An earlier draw of the model: its unit, tokens (None unknown) and time."""

    unit: tuple[int, int | None]
    output_tokens: int | None
    latency_s: float | None
    reasoning_tokens: int | None = None


@dataclass(frozen=True)
class Rates:
    """USD per million tokens; None = unknown. `dearest_usd`: of output that is all reasoning, where that costs more."""

    input_usd: Decimal | None
    output_usd: Decimal | None
    dearest_usd: Decimal | None = None


@dataclass(frozen=True)
class Estimate:
    """`cost_usd`: (lo, hi), None where a price is unknown; hi None where there is no bound. Cost, calls, tokens and
    seconds: the most likely, None where nothing is known. `basis` says in words what it rests on."""

    cost_usd: tuple[Decimal, Decimal | None] | None
    likely_usd: Decimal | None
    calls: int
    input_tokens: int
    output_tokens: int | None
    seconds: float | None
    basis: str


def most_input_tokens(prompt: Prompt) -> int:
    """More tokens than the prompt can be: every tokenizer in use makes at most one of a byte."""
    return sum(len(message.text.encode()) + PER_MESSAGE for message in prompt.messages) + PER_MESSAGE


def estimate(
    prompts: Sequence[Prompt],
    *,
    draws: int,
    choices_per_call: int,
    attempts: int,
    max_tokens: int | None,
    rates: Rates | None,
    earlier: Sequence[Earlier],
    concurrency: int,
    run_turns: int = 0,
    told_chars: int = 0,
) -> Estimate:
    """The estimate for `draws` draws of each prompt (one per unit). Further attempts repeat the prompt and what was
    answered, so their input grows with the answers. At most, each of them takes `run_turns` calls more and is told
    `told_chars` characters each time; how often a model asks for runs is not known before, so that is only in the
    upper bound."""
    calls = math.ceil(draws / choices_per_call)
    chars = sum(len(message.text) for prompt in prompts for message in prompt.messages)
    answers = len(prompts) * draws * attempts
    per_answer, basis = _per_answer(earlier, max_tokens)
    low, likely, high = per_answer
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
    if high is not None:
        input_high = asked_most / CHARS_PER_TOKEN[0] + len(prompts) * draws * each * (each - 1) / 2 * high
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
    times = [one.latency_s for one in earlier if one.latency_s is not None]
    n_calls = len(prompts) * (calls + draws * (attempts - 1))
    seconds = None
    if times:
        # No shorter than one call, however many go at once; attempts follow each other.
        mean = sum(times) / len(times)
        seconds = max(mean * n_calls / max(1, min(concurrency, len(prompts) * calls)), mean * attempts)
    output = None if likely is None else round(answers * likely)
    return Estimate(cost, likely_usd, n_calls, round(input_likely), output, seconds, basis)


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
    earlier: Sequence[Earlier], max_tokens: int | None
) -> tuple[tuple[float, float | None, float | None], str]:
    """((lowest mean, likely mean, highest mean) of output tokens per answer, what it rests on).

    The mean over units of their means, with its standard error over units: draws of one unit are alike, so their
    number alone would make the interval too narrow. A single unit is no basis for one.
    """
    by_unit: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    for one in earlier:
        if one.output_tokens is not None:
            by_unit[one.unit].append(one.output_tokens)
    n = sum(map(len, by_unit.values()))
    most = None if max_tokens is None else float(max_tokens)
    if not n:
        until = "the output is unknown" if most is None else "between nothing and the most tokens of an answer"
        return (0.0, None, most), f"no earlier draws of this model: {until}"
    means = [sum(counts) / len(counts) for counts in by_unit.values()]
    mean = sum(means) / len(means)
    if len(means) < 2:
        return (0.0, mean, most), f"{n} earlier draws of one unit"
    error = math.sqrt(sum((one - mean) ** 2 for one in means) / (len(means) - 1) / len(means))
    high = mean + _Z * error
    likely = mean if most is None else min(mean, most)
    bounds = (max(0.0, mean - _Z * error), likely, high if most is None else min(high, most))
    return bounds, f"{n:,} earlier draws of this model on {len(means)} units"


def _usd(tokens: float, usd_per_million: Decimal) -> Decimal:
    return (Decimal(round(tokens)) * usd_per_million / _MILLION).quantize(Decimal("0.000001"))
