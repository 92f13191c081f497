"""What an answered call brought, as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from comparisons.samplers.parsing import REFUSED_ANSWER, parse_answer, unanswered
from comparisons.samplers.program_hash import program_hash
from comparisons.samplers.providers import Choice, Completion, Usage
from comparisons.samplers.records import TOKENS, Record
from comparisons.samplers.sharing import shares
from comparisons.stages.calls import Ask
from comparisons.stages.inserting import Row, row_of
from judge.answers import Match, answer_key, final_answer
from judge.judgement import ANSWER_LANGUAGE

_Number = TypeVar("_Number", int, float)


def rows_of(ask: Ask, request: int, brought: Completion, *, language: str) -> list[Row]:
    """The candidates of one call, as `inserting.DRAWN` has them. Fewer choices than draws leave the last ones to be
    asked for again; more are dropped. `request`: the call's id; `language`: what was asked for."""
    choices = brought.choices[: ask.n]
    parts = shares(brought.usage, [len(choice.text) for choice in choices])
    extra = {"tokens_shared_by": len(brought.choices)} if len(brought.choices) > 1 else {}
    found = []
    for k, (choice, usage) in enumerate(zip(choices, parts, strict=True)):
        record = Record(
            problem=ask.slug,
            index=ask.index + k,
            subtask=ask.subtask,
            attempt=ask.attempt,
            raw=choice.text or choice.refusal,
            tokens=_tokens(usage, ask),
            latency_s=_total([*(turn.latency_s for turn in ask.before), brought.latency_s]),
            finish_reason=choice.finish_reason[:40],
            extra=extra,
            turns=ask.turn,
            run_cpu_s=_run_cpu_s(ask),
            **(_answer(choice, ask.match) if ask.match is not None else _program(choice, language)),
        )
        found.append((*row_of(ask.problem, record), request))
    return found


def _answer(choice: Choice, match: Match) -> dict[str, Any]:
    """A short answer; its hash is what equal answers share."""
    reason = REFUSED_ANSWER if choice.refusal else unanswered(choice.finish_reason)
    answer = "" if reason else final_answer(choice.text)
    if not answer:
        return {"no_program": reason or "no answer"}
    return {"answer": answer, "program_hash": program_hash(answer_key(answer, match), ANSWER_LANGUAGE)}


def _tokens(usage: Usage, ask: Ask) -> dict[str, int | None]:
    """The tokens of all of an attempt's calls."""
    every = [*(turn.usage for turn in ask.before), usage]
    return {name: _total([getattr(one, name) for one in every]) for name in TOKENS}


def _run_cpu_s(ask: Ask) -> float | None:
    known = [cpu for cpu in (*(turn.run_cpu_s for turn in ask.before), ask.run_cpu_s) if cpu is not None]
    return sum(known) if known else None


def _total(values: Sequence[_Number | None]) -> _Number | None:
    """The sum; None where a part of it is unknown."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None


def _program(choice: Choice, language: str) -> dict[str, Any]:
    if choice.is_refused:
        return {"no_program": REFUSED_ANSWER}
    answer = parse_answer(choice.text, language=language, finish_reason=choice.finish_reason)
    if not answer.source:
        return {"no_program": answer.no_program[:80]}
    found = answer.language[:20]
    return {"source": answer.source, "language": found, "program_hash": program_hash(answer.source, found)}
