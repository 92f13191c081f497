"""Calls to a provider while a shift has them: one to make, what it took, how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.models import Request, Work
from comparisons.samplers.parsing import CUT_OFF
from comparisons.samplers.providers import Choice, Completion, Prompt, ProviderError, Usage
from comparisons.samplers.reviewing import inputs_asked
from judge.answers import Match

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
        is_whole = not choice.is_refused and choice.finish_reason not in CUT_OFF
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
