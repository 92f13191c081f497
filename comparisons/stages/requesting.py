"""Calls to a provider as rows: reserved and written before they are sent, ended with what they brought and cost.

Money is counted in nano-dollars, whole numbers, so that a cap is kept exactly by one conditional UPDATE whatever the
database. What a call cost is known once it was answered; until then, and where it never is, it counts at its worst.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from comparisons.metrics import Prices
from comparisons.models import Candidate, Pool, Price, Request, Work
from comparisons.samplers.estimating import most_input_tokens
from comparisons.samplers.parsing import CUT_OFF, parse_answer
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.providers import Choice, Completion, Prompt, ProviderError, Usage
from comparisons.samplers.records import TOKENS
from comparisons.samplers.reviewing import inputs_asked
from comparisons.samplers.sharing import shares
from judge.answers import Match, answer_key, final_answer
from judge.judgement import ANSWER_LANGUAGE

NANO = 1_000_000_000
#: Nano-dollars per token and USD per million tokens.
_PER_MILLION = Decimal(NANO) / Decimal(1_000_000)
ERROR_CHARS = 400

#: What changes of a request when it ends.
_ENDED = [
    "outcome", "ended_at", "answer", "latency_s", "error_kind", "error", "charged_nano_usd", "is_charge_known",
    "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens",
]  # fmt: skip

_Number = TypeVar("_Number", int, float)

#: (problem id, subtask or None, index, attempt): what a draw's attempt is known by in its pool.
Key = tuple[int, int | None, int, int]


@dataclass(frozen=True)
class Turn:
    """What a call of an attempt took that was not its last. None is unknown; `run_cpu_s` None: nothing was run."""

    usage: Usage
    latency_s: float | None
    run_cpu_s: float | None


@dataclass(frozen=True)
class Ask:
    """One call to make: `n` draws from `index` on, of one unit and attempt, for a piece of work.

    A review is told something (`said`, the end of `prompt`), for which programs may have been run (`run_cpu_s`). It may
    take several calls (`turn`, from 1; `before`: what the earlier ones took). `can_run`: this one's answer may ask for
    runs. `match`: of a short answer; None: a program. `role`: what else than a candidate it asks for; its draws are
    numbered from `first`.
    """

    piece: Work
    problem: int
    slug: str
    subtask: int | None
    index: int
    attempt: int
    n: int
    prompt: Prompt
    tries: int = 0
    turn: int = 1
    said: str = ""
    run_cpu_s: float | None = None
    before: tuple[Turn, ...] = ()
    can_run: bool = False
    match: Match | None = None
    role: str = ""
    first: int = 0

    def asks_for_runs(self, choice: Choice) -> bool:
        """True where the answer is not the attempt's last: it asks for runs, and may."""
        is_whole = not choice.refusal and choice.finish_reason not in CUT_OFF
        return self.can_run and is_whole and bool(inputs_asked(choice.text))

    @property
    def keys(self) -> list[Key]:
        """The draws it is for."""
        return [(self.problem, self.subtask, self.index + k, self.attempt) for k in range(self.n)]


@dataclass(frozen=True)
class Ending:
    """How a call ended: what it brought, or why it brought nothing."""

    ask: Ask
    request: Request
    brought: Completion | ProviderError


def price_now(pool: Pool) -> Price | None:
    """The price that holds today, as this pool is billed; None where none is known. One query."""
    today = timezone.localdate()
    held = Price.objects.filter(model=pool.model_id, valid_from__lte=today).order_by("-valid_from", "-pk").first()
    return held.counted(is_batch=pool.is_batch) if held else None


def worst_nano_usd(prices: Prices | None, prompt: Prompt, *, max_tokens: int | None, n: int) -> int | None:
    """What a call may cost at most; None where that has no bound: no price, or no limit of tokens."""
    if prices is None or prices.input_usd is None or prices.output_usd is None or max_tokens is None:
        return None
    dearest = max(prices.output_usd, prices.reasoning_usd or Decimal(0))
    exact = (most_input_tokens(prompt) * prices.input_usd + n * max_tokens * dearest) * _PER_MILLION
    return int(exact.to_integral_value(ROUND_CEILING))


def charge_nano_usd(prices: Prices | None, usage: Usage, *, at_most: bool = False) -> int | None:
    """What a call with these tokens cost; None where a count or a price that it takes is unknown. The disjoint parts
    are priced: cached input, the rest of the input, reasoning, the rest of the output. Where reasoning is dearer and
    its count unknown, the output is counted as none of it, or `at_most` as all of it (see `is_exact`)."""
    if prices is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if prices.input_usd is None or prices.output_usd is None:
        return None
    cached = usage.cached_input_tokens or 0
    untold = usage.output_tokens if at_most and not is_exact(prices, usage) else 0
    reasoning = untold if usage.reasoning_tokens is None else usage.reasoning_tokens
    cached_usd = prices.input_usd if prices.cached_input_usd is None else prices.cached_input_usd
    reasoning_usd = prices.output_usd if prices.reasoning_usd is None else prices.reasoning_usd
    exact = (
        (usage.input_tokens - cached) * prices.input_usd
        + cached * cached_usd
        + (usage.output_tokens - reasoning) * prices.output_usd
        + reasoning * reasoning_usd
    ) * _PER_MILLION
    return int(exact.to_integral_value(ROUND_CEILING))


def is_exact(prices: Prices | None, usage: Usage) -> bool:
    """False where some of the output may have been reasoning, which is dearer, and the call does not say how much."""
    is_untold = usage.reasoning_tokens is None and bool(usage.output_tokens)
    return prices is None or not (is_untold and prices.is_reasoning_dearer)


def write_before_sending(
    pool: Pool, asks: Sequence[Ask], *, price: Price | None, max_tokens: int | None
) -> list[Request]:
    """The rows of as many of these calls, from the first on, as the pool's cap allows at their worst: fewer than asked
    where it is reached. One transaction, which holds the money before a byte is sent."""
    prices = price.to_prices() if price else None
    worst = [worst_nano_usd(prices, ask.prompt, max_tokens=max_tokens, n=ask.n) for ask in asks]
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


def write_endings(pool: Pool, endings: Sequence[Ending], *, language: str, revision: int) -> None:
    """Writes how calls ended, and the candidates they brought. To be called in a transaction that holds the leases of
    their pieces: then no draw can be written twice. Three queries, however many calls."""
    candidates: list[Candidate] = []
    freed = 0
    now = timezone.now()
    for ending in endings:
        request, brought = ending.request, ending.brought
        request.ended_at, request.latency_s = now, brought.latency_s
        is_known = True
        if isinstance(brought, ProviderError):
            charge = 0 if brought.is_charged is False else None
            request.outcome = Request.Outcome.FAILED
            request.error_kind, request.error = brought.kind[:20], str(brought)[:ERROR_CHARS]
        else:
            prices = request.price.to_prices() if request.price else None
            # A cap holds whatever the tokens were.
            charge, is_known = charge_nano_usd(prices, brought.usage, at_most=True), is_exact(prices, brought.usage)
            if ending.ask.asks_for_runs(brought.choices[0]):
                request.answer = brought.choices[0].text
            else:
                candidates += _candidates(pool, ending.ask, request, brought, language=language, revision=revision)
            is_refused = all(choice.refusal for choice in brought.choices)
            request.outcome = Request.Outcome.REFUSED if is_refused else Request.Outcome.ANSWERED
            for name, value in _tokens(brought.usage).items():
                setattr(request, name, value)
        if charge is not None:
            freed += request.charged_nano_usd - charge
            request.charged_nano_usd, request.is_charge_known = charge, is_known
    # Rows that are there already, all ended by one statement.
    Request.objects.bulk_create(
        [ending.request for ending in endings], update_conflicts=True, unique_fields=["pk"], update_fields=_ENDED
    )
    Candidate.objects.bulk_create(candidates)
    if freed:
        Pool.objects.filter(pk=pool.pk).update(committed_nano_usd=F("committed_nano_usd") - freed)


def write_lost(piece: Work) -> int:
    """Marks what an earlier holder of the piece sent and never wrote the answer of. It stays counted at its worst:
    perhaps it was paid for. One query."""
    return _lose(Request.objects.filter(piece=piece), "Its worker ended before the answer was written.")


def write_unheld(requests: Sequence[Request]) -> int:
    """Marks calls that were answered after their piece was given to another worker, which asks for the draws again. One
    query."""
    if not requests:
        return 0
    mine = Request.objects.filter(pk__in=[request.pk for request in requests])
    return _lose(mine, "It was answered after its draws were given to another worker.")


def _lose(requests: QuerySet[Request], reason: str) -> int:
    return requests.filter(outcome=Request.Outcome.SENT).update(
        outcome=Request.Outcome.LOST, error_kind="lost", error=reason, ended_at=timezone.now()
    )


def _reserve(pool: Pool, worst: Sequence[int | None]) -> bool:
    """Takes the money for all of these calls, or for none. One query."""
    total = sum(most or 0 for most in worst)
    rows = Pool.objects.filter(pk=pool.pk)
    if pool.max_cost_usd is not None:
        if None in worst:  # no price any longer: nothing can be promised
            return False
        rows = rows.filter(committed_nano_usd__lte=int(pool.max_cost_usd * NANO) - total)
    return not worst or bool(rows.update(committed_nano_usd=F("committed_nano_usd") + total))


def _reserve_one_by_one(pool: Pool, worst: Sequence[int | None]) -> int:
    """How many of these calls, from the first on, there is money for."""
    n = 0
    while n < len(worst) and _reserve(pool, worst[n : n + 1]):
        n += 1
    return n


def _candidates(
    pool: Pool, ask: Ask, request: Request, brought: Completion, *, language: str, revision: int
) -> list[Candidate]:
    """The draws of one call. Fewer choices than draws leave the last ones to be asked for again; more are dropped."""
    choices = brought.choices[: ask.n]
    parts = shares(brought.usage, [len(choice.text) for choice in choices])
    extra = {"tokens_shared_by": len(brought.choices)} if len(brought.choices) > 1 else {}
    found = []
    for k, (choice, usage) in enumerate(zip(choices, parts, strict=True)):
        found.append(
            Candidate(
                pool=pool,
                problem_id=ask.problem,
                subtask=ask.subtask,
                index=ask.index + k,
                attempt=ask.attempt,
                revision=revision,
                request=request,
                raw=choice.text or choice.refusal,
                latency_s=_total([*(turn.latency_s for turn in ask.before), brought.latency_s]),
                turns=ask.turn,
                run_cpu_s=_run_cpu_s(ask),
                finish_reason=choice.finish_reason[:40],
                extra=extra,
                **(_answer(choice, ask.match) if ask.match is not None else _program(choice, language)),
                **_tokens(_with_turns(usage, ask)),
            )
        )
    return found


def _answer(choice: Choice, match: Match) -> dict[str, str]:
    """A short answer; its hash is what equal answers share."""
    if choice.refusal:
        return {"no_program": "refused"}
    answer = final_answer(choice.text)
    if not answer:
        return {"no_program": "cut off before an answer" if choice.finish_reason in CUT_OFF else "no answer"}
    return {"answer": answer, "program_hash": program_hash(answer_key(answer, match), ANSWER_LANGUAGE)}


def _with_turns(usage: Usage, ask: Ask) -> Usage:
    """The tokens of all of an attempt's calls."""
    every = [*(turn.usage for turn in ask.before), usage]
    return Usage(**{name: _total([getattr(one, name) for one in every]) for name in TOKENS})


def _run_cpu_s(ask: Ask) -> float | None:
    known = [cpu for cpu in (*(turn.run_cpu_s for turn in ask.before), ask.run_cpu_s) if cpu is not None]
    return sum(known) if known else None


def _total(values: Sequence[_Number | None]) -> _Number | None:
    """The sum; None where a part of it is unknown."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None


def _program(choice: Choice, language: str) -> dict[str, str]:
    if choice.refusal:
        return {"no_program": "refused"}
    answer = parse_answer(choice.text, language=language, finish_reason=choice.finish_reason)
    if not answer.source:
        return {"no_program": answer.no_program[:80]}
    found = answer.language[:20]
    return {"source": answer.source, "language": found, "program_hash": program_hash(answer.source, found)}


def _tokens(usage: Usage) -> dict[str, int | None]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }
