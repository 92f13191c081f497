"""Threads that wait for providers. They know no database: calls go in, endings come out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from comparisons.models import Request
from comparisons.samplers.providers import (
    Completion,
    Draws,
    Provider,
    ProviderError,
    RetryableError,
    SamplingParameters,
)
from comparisons.stages.calls import Ask, Ending

_Sent = tuple[Ask, Request, SamplingParameters]


class Senders:
    """As many threads as there are calls at once. Daemons, so that a worker that is told to stop need not wait for an
    answer that may take minutes: what it leaves open is asked for again."""

    def __init__(self, provider: Provider, *, most: int) -> None:
        self._provider = provider
        self._most = most
        self._threads: list[threading.Thread] = []
        self._sent: SimpleQueue[_Sent | None] = SimpleQueue()
        self._ended: SimpleQueue[Ending | BaseException] = SimpleQueue()
        self.open = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._sent.put(None)
        self._provider.close()

    def send(self, ask: Ask, request: Request, parameters: SamplingParameters) -> None:
        """Sends a call that is written already."""
        self.open += 1
        if len(self._threads) < min(self.open, self._most):
            thread = threading.Thread(target=self._work, name=f"sender-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._sent.put((ask, request, parameters))

    def ended(self, *, within_s: float) -> Iterator[Ending]:
        """The calls that ended: waits for the first at most so long, then gives all there are. Re-raises what is no
        failure of a provider but a fault of its client."""
        wait: float | None = within_s
        while True:
            try:
                ending = self._ended.get(timeout=wait) if wait else self._ended.get_nowait()
            except Empty:
                return
            self.open -= 1
            wait = None
            if isinstance(ending, BaseException):
                raise ending
            yield ending

    def _work(self) -> None:
        while (sent := self._sent.get()) is not None:
            ask, request, parameters = sent
            try:
                brought = self._ask(ask, parameters)
            except ProviderError as error:
                self._ended.put(Ending(ask, request, error))
            except Exception as fault:  # nothing may end a thread unseen: its call would stay open for ever
                self._ended.put(fault)
            else:
                self._ended.put(Ending(ask, request, brought))

    def _ask(self, ask: Ask, parameters: SamplingParameters) -> Completion:
        draws = Draws(ask.slug, ask.subtask, ask.index - ask.first, ask.attempt, ask.n, ask.turn, ask.role)
        brought = self._provider.complete(ask.prompt, parameters, draws)
        if not brought.choices:
            raise RetryableError("the answer has no choices", kind="malformed")
        return brought
