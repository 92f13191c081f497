"""A draw's conversation: its calls in order, what was answered, and what is said next.

A draw is asked for, and its answer becomes a candidate (an *attempt*). Where the recipe has further attempts the model
is then asked to review; in a review it may ask for runs of its program, each a further call (a *turn*) of the same
attempt. What was said and answered is written with every call, so whoever takes a piece over goes on where it stopped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from comparisons.models import Candidate, Pool, Request, Work
from comparisons.samplers.parsing import Answer
from comparisons.samplers.prompts import TEMPLATES
from comparisons.samplers.providers import Choice, Message, Usage
from comparisons.samplers.recipes import Recipe
from comparisons.samplers.reviewing import inputs_asked, newest_program, review_text, said_to
from comparisons.stages.asking import Asked
from comparisons.stages.calls import Ask, Turn


@dataclass(frozen=True)
class Talk:
    """A draw that was answered: the call, and its answer. `is_final`: the answer is a candidate. `finish_reason`: how
    it ended; an answer that was cut off never asks for runs, but may be a candidate without a program."""

    ask: Ask
    answer: str
    is_final: bool
    finish_reason: str = ""

    @property
    def message(self) -> Message:
        """The answer as a turn of the conversation."""
        return Message("assistant", self.answer, self.finish_reason)

    @property
    def inputs(self) -> list[str]:
        """What the answer asks its program to be run on."""
        return [] if self.is_final else inputs_asked(self.answer)

    def program(self, language: str) -> Answer:
        """The program it is about: that of the answer, or the one before, where the answer only asks for runs."""
        before = () if self.is_final else self.ask.prompt.messages
        return newest_program([*before, self.message], language)


def first_ask(work: Work, asked: Asked, index: int, n: int) -> Ask:
    """The call for the first attempts of `n` draws from `index` on."""
    unit = asked.unit
    return Ask(
        work, unit.problem, asked.slug, unit.subtask, index, 1, n, asked.prompt,
        match=asked.match, role=asked.role, first=asked.first,
    )  # fmt: skip


def review_ask(talk: Talk, recipe: Recipe, asked: Asked, feedback: str, cpu_s: float | None) -> Ask:
    """The call for the attempt after a final answer."""
    turns = recipe.run_turns if asked.can_run else 0
    said = review_text(TEMPLATES[recipe.template], feedback=feedback, run_turns=turns, wants_answer=asked.wants_answer)
    return replace(
        talk.ask,
        attempt=talk.ask.attempt + 1,
        n=1,
        prompt=said_to(talk.ask.prompt, talk.message, said),
        tries=0,
        turn=1,
        said=said,
        run_cpu_s=cpu_s,
        before=(),
        can_run=turns > 0,
    )


def next_ask(talk: Talk, recipe: Recipe, spent: Turn, text: str, cpu_s: float) -> Ask:
    """The call after an answer that asked for runs; `spent`: what that call took."""
    return replace(
        talk.ask,
        prompt=said_to(talk.ask.prompt, talk.message, text),
        tries=0,
        turn=talk.ask.turn + 1,
        said=text,
        run_cpu_s=cpu_s,
        before=(*talk.ask.before, spent),
        can_run=talk.ask.turn < recipe.run_turns,
    )


def talk_of(ask: Ask, choice: Choice, place: int) -> Talk:
    """What the `place`-th answer of a call comes to."""
    one = replace(ask, index=ask.index + place, n=1)
    return Talk(one, choice.text or choice.refusal, not ask.asks_for_runs(choice), choice.finish_reason)


def resumed(pool: Pool, work: Work, asked: Asked, recipe: Recipe) -> Iterator[tuple[Talk, Turn | None]]:
    """The draws of a piece that were answered and are not over, as their calls and candidates tell: the last answer of
    each, and what its call took where it was a turn. Two queries."""
    unit = {"pool": pool, "problem": asked.unit.problem, "subtask": asked.unit.subtask}
    mine = {**unit, "index__gte": work.start, "index__lt": work.stop}
    answers: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    rows = Candidate.objects.filter(**mine).order_by("index", "attempt")
    for index, attempt, *answer in rows.values_list("index", "attempt", "raw", "finish_reason"):
        answers[index][attempt] = (answer[0], answer[1])
    calls: dict[tuple[int, int], list[Request]] = defaultdict(list)
    if recipe.attempts > 1:
        answered = (Request.Outcome.ANSWERED, Request.Outcome.REFUSED)
        for request in Request.objects.filter(**mine, attempt__gt=1, outcome__in=answered).order_by("turn", "pk"):
            calls[request.index, request.attempt].append(request)
    for index, finals in answers.items():
        if len(finals) < recipe.attempts:
            yield _last(first_ask(work, asked, index, 1), finals, calls, asked, recipe)


def _last(
    ask: Ask,
    finals: Mapping[int, tuple[str, str]],
    calls: Mapping[tuple[int, int], Sequence[Request]],
    asked: Asked,
    recipe: Recipe,
) -> tuple[Talk, Turn | None]:
    """The last answer of a draw, with the whole conversation before it."""
    talk, spent = _final(ask, finals[1]), None
    turns = recipe.run_turns if asked.can_run else 0
    for attempt in range(2, recipe.attempts + 1):
        for request in calls.get((ask.index, attempt)) or ([Request()] if attempt in finals else []):
            # What was said before reviews said more than the template does was not written.
            said = request.said or TEMPLATES[recipe.template].review
            before = (*talk.ask.before, spent) if spent is not None else ()
            ask = replace(
                talk.ask,
                attempt=attempt,
                prompt=said_to(talk.ask.prompt, talk.message, said),
                turn=request.turn,
                said=said,
                run_cpu_s=request.run_cpu_s,
                before=before,
                can_run=request.turn <= turns,
            )
            is_final = not request.answer
            talk = _final(ask, finals.get(attempt, ("", ""))) if is_final else Talk(ask, request.answer, False)
            spent = None if is_final else _turn(request, ask)
        if attempt not in finals:
            break
    return talk, spent


def _final(ask: Ask, answer: tuple[str, str]) -> Talk:
    raw, finish_reason = answer
    return Talk(ask, raw, True, finish_reason)


def _turn(request: Request, ask: Ask) -> Turn:
    """What an answered call took."""
    usage = Usage(request.input_tokens, request.cached_input_tokens, request.output_tokens, request.reasoning_tokens)
    return Turn(usage, request.latency_s, ask.run_cpu_s)
