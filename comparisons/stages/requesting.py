"""Calls to a provider as rows: reserved and written before they are sent, ended with what they brought and cost.

What a call cost is known once it was answered; until then, and where it never is, it counts at its worst (see
`call_costs`). The cap is kept exactly by one conditional UPDATE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from comparisons.models import Candidate, Pool, Price, Request, Work
from comparisons.samplers.parsing import CUT_OFF, parse_answer
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.providers import Choice, Completion, Prompt, ProviderError, Usage
from comparisons.samplers.recipes import Recipe
from comparisons.samplers.records import TOKENS
from comparisons.samplers.reviewing import inputs_asked
from comparisons.samplers.sharing import shares
from comparisons.stages.call_costs import NANO, charge_nano_usd, is_exact, worst_nano_usd
from judge.answers import Match, answer_key, final_answer
from judge.judgement import ANSWER_LANGUAGE

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


def write_before_sending(pool: Pool, asks: Sequence[Ask], *, price: Price | None, recipe: Recipe) -> list[Request]:
    """The rows of as many of these calls, from the first on, as the pool's cap allows at their worst: fewer than asked
    where it is reached. One transaction, which holds the money before a byte is sent."""
    prices = price.to_prices() if price else None
    worst = [
        worst_nano_usd(prices, ask.prompt, max_tokens=recipe.max_tokens, n=ask.n, extra=recipe.extra) for ask in asks
    ]
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
    their pieces: then no draw can be written twice. Three queries, however many calls. Returns the sentence that says
    of a call that it cost more than its worst case, "" where none did."""
    above = ""
    candidates: list[Candidate] = []
    freed = 0
    now = timezone.now()
    for ending in endings:
        request, brought = ending.request, ending.brought
        request.ended_at, request.latency_s = now, brought.latency_s
        charge, is_known = _charge(ending)
        if isinstance(brought, ProviderError):
            request.outcome = Request.Outcome.FAILED
            request.error_kind, request.error = brought.kind[:20], str(brought)[:ERROR_CHARS]
        else:
            if ending.ask.asks_for_runs(brought.choices[0]):
                request.answer = brought.choices[0].text
            else:
                candidates += _candidates(pool, ending.ask, request, brought, language=language, revision=revision)
            is_refused = all(choice.refusal for choice in brought.choices)
            request.outcome = Request.Outcome.REFUSED if is_refused else Request.Outcome.ANSWERED
            for name, value in _tokens(brought.usage).items():
                setattr(request, name, value)
        if charge is not None:
            above = above or above_worst(ending)
            freed += request.charged_nano_usd - charge
            request.charged_nano_usd, request.is_charge_known = charge, is_known
    # Rows that are there already, all ended by one statement.
    Request.objects.bulk_create(
        [ending.request for ending in endings], update_conflicts=True, unique_fields=["pk"], update_fields=_ENDED
    )
    Candidate.objects.bulk_create(candidates)
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


def write_unheld(requests: Sequence[Request]) -> int:
    """Marks calls that were answered after their piece was given to another worker, which asks for the draws again. One
    query, where there are any."""
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
