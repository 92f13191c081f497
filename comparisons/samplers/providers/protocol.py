"""What a provider is: something that is asked with a prompt and answers with completions, or says why not.

A provider makes exactly one call per `complete` and never waits or tries again: when to ask, how often and how many at
once is decided by whoever calls (see `pacing`), over all workers and by one set of rules for every provider.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from comparisons.samplers.parsing import is_refused
from comparisons.samplers.providers.reach import Reach
from judge.errors import PodiumError


def storable(text: str) -> str:
    """The text as a database takes it: a zero character is shown as such, and so is half a character."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Message:
    """One turn. `role`: "system", "user" or "assistant". `finish_reason`: how an assistant's turn ended; never sent."""

    role: str
    text: str
    finish_reason: str = ""


@dataclass(frozen=True)
class Prompt:
    """What is said to the model, in order."""

    messages: tuple[Message, ...]


@dataclass(frozen=True)
class SamplingParameters:
    """How is drawn. None and "" leave it to the provider; `extra` is sent as it is, in the provider's own words."""

    temperature: float | None = None
    top_p: float | None = None
    effort: str = ""
    max_tokens: int | None = None
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draws:
    """Which draws a call is for: `n` from `index` on, of one unit; `turn` counts the calls of an attempt. `role`: what
    else than a candidate is asked for (a generator, a validator, ...), numbered by itself. Recorded answers are found
    by it; others ignore it."""

    problem: str
    subtask: int | None = None
    index: int = 0
    attempt: int = 1
    n: int = 1
    turn: int = 1
    role: str = ""


@dataclass(frozen=True)
class Usage:
    """Token counts of one call, all its choices together. Inclusive: cached is part of input, reasoning part of
    output. None is unknown, never 0."""

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True)
class Choice:
    """One answer: its text as it came, the provider's own word for why it ended, and its refusal, where it refused."""

    text: str
    finish_reason: str = ""
    refusal: str = ""

    @property
    def is_refused(self) -> bool:
        """True where the model or its provider refused to answer, in words or by how the answer ended."""
        return bool(self.refusal) or is_refused(self.finish_reason, "")


@dataclass(frozen=True)
class Completion:
    """What a call brought: one choice per draw asked for, at least one. `latency_s`: from sending to the last byte;
    None where a recording does not say."""

    choices: tuple[Choice, ...]
    usage: Usage
    latency_s: float | None
    model: str = ""
    request_id: str = ""


class Secret:
    """A key that nothing prints: not a traceback, not a log, not a repr."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself, for the header it is sent in."""
        return self._value

    def hidden(self, text: str) -> str:
        """`text` with the key struck out, should somebody have repeated it."""
        return text.replace(self._value, "[key]") if self._value else text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a key is never stored or sent on with other things")


@dataclass(frozen=True)
class Clock:
    """Time as an argument: `monotonic` measures, `now` is seconds since 1970 (for dates in headers)."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time


@dataclass(frozen=True)
class Connection:
    """Where and how a model is asked. `timeout_s` bounds a whole call, however slowly it drips. `reach`: the hosts that
    may be asked; None: every one."""

    model: str
    endpoint: str = ""
    key: Secret | None = None
    responses: Path | None = None
    timeout_s: float = 600.0
    stream: bool = False
    reach: Reach | None = None


class ProviderError(PodiumError):
    """A call that brought no completion. `kind` is its class in one word, for counting; `is_charged`: False where the
    provider certainly asks nothing for it, None where it may; `latency_s` where it was measured."""

    kind = "error"

    def __init__(self, reason: str, *, kind: str = "", is_charged: bool | None = None) -> None:
        # It may quote what the other side said, and is written beside the call.
        reason = storable(reason)
        super().__init__(reason)
        self.reason = reason
        self.kind = kind or type(self).kind
        self.is_charged = is_charged
        self.latency_s: float | None = None


class RetryableError(ProviderError):
    """Asking again may help: too many requests, the provider's own fault, a broken connection, no answer in time.
    `retry_after_s`: what the provider asked to be waited, None where it did not say."""

    kind = "server"
    is_permanent = False

    def __init__(
        self, reason: str, *, kind: str = "", is_charged: bool | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(reason, kind=kind, is_charged=is_charged)
        self.retry_after_s = retry_after_s

    @property
    def is_rate_limit(self) -> bool:
        """True where fewer calls at once would help."""
        return self.kind == "rate-limit"


class MalformedAnswer(RetryableError):
    """The provider answered with something that is no answer. Asking again may help; it was probably paid for."""

    kind = "malformed"


class PermanentError(ProviderError):
    """Asking again cannot help. `concerns_all`: a wrong key, an unknown model: every other call would fail the same;
    else only this prompt."""

    kind = "rejected"

    def __init__(
        self, reason: str, *, kind: str = "", is_charged: bool | None = False, concerns_all: bool = True
    ) -> None:
        super().__init__(reason, kind=kind, is_charged=is_charged)
        self.concerns_all = concerns_all


class Provider(Protocol):
    """A connection to a model. May be called from several threads at once."""

    def complete(self, prompt: Prompt, parameters: SamplingParameters, draws: Draws) -> Completion:
        """One call. Raises RetryableError, MalformedAnswer, PermanentError, and nothing else."""

    def close(self) -> None:
        """Breaks off what is open. Calls under way raise RetryableError."""


def _nothing(endpoint: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True)
class ProviderKind:
    """An API. `needs`: the fields of a `Connection` it cannot do without. `takes_several`: one call can bring several
    choices. `lacks`: what a call to this address cannot say of "seed" and "choices_per_call". `open` makes the
    connection without speaking to anybody; raises PermanentError where it cannot be one."""

    slug: str
    title: str
    summary: str
    open: Callable[[Connection, Clock], Provider]
    needs: frozenset[str] = frozenset()
    takes_several: bool = False
    lacks: Callable[[str], frozenset[str]] = _nothing
