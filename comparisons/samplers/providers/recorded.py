"""The recorded provider: answers that were given before, with the tokens and the time they took. Nothing is sent.

A line of its file is a candidate in Podium's own shape (see `samplers.records`): `{"problem", "subtask", "index",
"attempt", "raw", "usage", "latency_s", "finish_reason"}`. Where `raw` is absent, `source` is given as a fenced block.
A line without `index` is the next draw of its unit. An attempt that took several calls has a line for each, with its
`turn` (from 1). `role` ("generator", "validator", "brute-force") marks a program that makes probes; each role is
numbered by itself. `refusal` makes it a refused answer. A draw the file does not have was never answered: it is
missing, not failed.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from comparisons.samplers.providers.protocol import (
    Choice,
    Clock,
    Completion,
    Connection,
    Draws,
    MalformedAnswer,
    PermanentError,
    Prompt,
    Provider,
    ProviderKind,
    SamplingParameters,
    Usage,
)
from comparisons.samplers.records import TOKENS, FieldError, parse_record

_Key = tuple[str, int | None, str, int, int, int]


class Recorded:
    """A file of answers. It is read through once for where each draw lies, and a line at a time after that."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._stream = path.open("rb")
        except OSError as error:
            raise PermanentError(f"the recorded answers cannot be read: {error.strerror}", kind="address") from None
        self._places: dict[_Key, tuple[int, int]] = {}
        try:
            self._find_places()
        except BaseException:
            self._stream.close()
            raise

    def complete(self, prompt: Prompt, parameters: SamplingParameters, draws: Draws) -> Completion:
        """The draws' recorded answers. Several come with the sum of their tokens and the longest of their times."""
        lines = [self._line(draws, draws.index + k) for k in range(draws.n)]
        return Completion(tuple(_choice(line) for line in lines), _usage(lines), _latency(lines))

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._stream.close()

    def _find_places(self) -> None:
        units: Counter[tuple[str, int | None, str]] = Counter()
        at = 0
        for number, line in enumerate(self._stream, start=1):
            if line.strip():
                self._place(line, number, at, units)
            at += len(line)

    def _place(self, line: bytes, number: int, at: int, units: Counter[tuple[str, int | None, str]]) -> None:
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                raise FieldError("is no JSON object")
            record = parse_record(data, {})
        except (ValueError, RecursionError) as error:
            said = str(error) if isinstance(error, FieldError) else "is no JSON"
            raise PermanentError(f"line {number} of the recorded answers: {said}", kind="malformed") from None
        unit = (record.problem, record.subtask, str(record.extra.get("role", "")))
        index = units[unit] if record.index is None else record.index
        units[unit] = max(units[unit], index + 1)
        turn = record.extra.get("turn", 1)
        if not isinstance(turn, int) or turn < 1:
            raise PermanentError(f"line {number} of the recorded answers: turn is {turn!r}", kind="malformed")
        key = (*unit, index, record.attempt, turn)
        if key in self._places:
            raise PermanentError(f"line {number} of the recorded answers: draw {index} of {record.problem} was before")
        self._places[key] = (at, len(line))

    def _line(self, draws: Draws, index: int) -> Mapping[str, Any]:
        place = self._places.get((draws.problem, draws.subtask, draws.role, index, draws.attempt, draws.turn))
        if place is None:
            aim = "" if draws.subtask is None else f", subtask {draws.subtask}"
            raise PermanentError(
                f"the recorded answers have no {draws.role or 'draw'} {index} of {draws.problem}{aim}",
                kind="not-recorded",
                concerns_all=False,
            )
        with self._lock:
            if self._stream.closed:
                raise MalformedAnswer("the recorded answers were closed")
            self._stream.seek(place[0])
            found: dict[str, Any] = json.loads(self._stream.read(place[1]))
        return found


def _choice(line: Mapping[str, Any]) -> Choice:
    text = line.get("raw")
    if not isinstance(text, str):
        source = line.get("source") or ""
        text = f"```{line.get('language') or ''}\n{source.rstrip()}\n```\n" if source else str(line.get("answer") or "")
    return Choice(text, str(line.get("finish_reason") or ""), str(line.get("refusal") or ""))


def _usage(lines: list[Mapping[str, Any]]) -> Usage:
    records = [parse_record(line, {}) for line in lines]
    sums: dict[str, int | None] = {}
    for name in TOKENS:
        counts = [record.tokens.get(name) for record in records]
        known = [count for count in counts if count is not None]
        sums[name] = sum(known) if len(known) == len(counts) else None
    return Usage(**sums)


def _latency(lines: list[Mapping[str, Any]]) -> float | None:
    times = [line.get("latency_s") for line in lines]
    known = [float(time) for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def _open(connection: Connection, clock: Clock) -> Provider:
    assert connection.responses is not None  # `needs` says so
    return Recorded(connection.responses)


PROVIDER = ProviderKind(
    slug="recorded",
    title="Recorded answers",
    summary="Replays answers from a file, with the tokens and times they were recorded with. Works offline.",
    open=_open,
    needs=frozenset({"responses"}),
    # Nothing is shared by asking for several at once, and one that is not there would take the others with it.
    takes_several=False,
)
