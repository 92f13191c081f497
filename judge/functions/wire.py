"""Messages between the test harness and a candidate: one line of JSON each, made of plain data only.

A value is a JSON null, boolean, number or string, or a list `[tag, ...]` as `encode` writes them. What is no plain data
stays with the candidate: the harness gets a handle (`Remote`, `RemoteIterator`) that equals nothing but itself and can
only be handed back or, an iterator, be asked for its next item. So no code of a candidate runs in the harness, and no
object of it has a say in a comparison.

Runs inside sandboxes, without Podium.
"""

from __future__ import annotations

import json
from collections import deque

#: As of typing, whose import would double the start of a process.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

#: A longer message is refused. One return value of this size is no answer to a unit test.
LONGEST_BYTES = 16 << 20
#: Larger numbers are written in hexadecimal: reading long decimals takes the square of their length.
_DECIMAL_BITS = 4096
_VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}


class WireError(Exception):
    """A message is none: cut off, too long, nested too deeply, of an unknown shape."""


class Remote:
    """An object that lives in the candidate's process. Equal to nothing but itself."""

    def __init__(self, handle: int) -> None:
        self.handle = handle


class RemoteIterator(Remote):
    """An iterator of the candidate's. Each item is asked for when it is wanted."""

    def __init__(self, handle: int, step: Callable[[int], Any]) -> None:
        super().__init__(handle)
        self._step = step

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._step(self.handle)


def encode(value: Any, keep: Callable[[Any], int]) -> Any:
    """`value` as JSON-ready data. `keep` takes what is no plain data and gives its handle.

    Subclasses go as what they extend: whatever they overload stays where it is. Raises RecursionError on a value that
    holds itself.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        number = int.__index__(value)
        return number if number.bit_length() <= _DECIMAL_BITS else ["int", format(number, "x")]
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Remote):
        return ["own", value.handle]
    for kind, tag in _SEQUENCES:
        if isinstance(value, kind):
            return [tag, *(encode(item, keep) for item in kind.__iter__(value))]
    if isinstance(value, dict):
        return ["dict", *([encode(key, keep), encode(item, keep)] for key, item in dict.items(value))]
    if type(value) in _VIEWS:
        return [_VIEWS[type(value)], *(encode(item, keep) for item in value)]
    if isinstance(value, bytes | bytearray):
        return ["bytearray" if isinstance(value, bytearray) else "bytes", bytes(value).hex()]
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, range):
        return ["range", *(encode(part, keep) for part in (value.start, value.stop, value.step))]
    if type(value).__module__ in _NUMBERS:
        return [type(value).__module__, str(value)]
    return ["iterator" if hasattr(type(value), "__next__") else "object", keep(value)]


_SEQUENCES: tuple[tuple[Any, str], ...] = (
    (list, "list"), (tuple, "tuple"), (set, "set"), (frozenset, "frozenset"), (deque, "deque"),
)  # fmt: skip
#: Modules of numbers that are written as text; imported only where one is met.
_NUMBERS = {"decimal": "Decimal", "fractions": "Fraction"}
_BUILDERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
    "range": lambda items: range(*items),
}


class Decoder:
    """Data -> values. `objects` resolves handles that come back home; `step` asks for an iterator's next item."""

    def __init__(self, objects: Callable[[int], Any] | None = None, step: Callable[[int], Any] | None = None) -> None:
        self._objects = objects
        self._step = step
        self._remotes: dict[int, Remote] = {}

    def decode(self, data: Any) -> Any:
        """The value. Raises WireError where the data is none."""
        try:
            return self._value(data)
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise WireError(f"a value cannot be read: {type(error).__name__}") from error

    def _value(self, data: Any) -> Any:
        if data is None or isinstance(data, bool | int | float | str):
            return data
        tag, *rest = data
        if tag in _BUILDERS:
            return _BUILDERS[tag]([self._value(item) for item in rest])
        if tag == "dict":
            return {self._value(key): self._value(item) for key, item in rest}
        if tag == "int":
            return int(rest[0], 16)
        if tag in ("bytes", "bytearray"):
            content = bytes.fromhex(rest[0])
            return content if tag == "bytes" else bytearray(content)
        if tag == "complex":
            return complex(*rest)
        if tag in _NUMBERS:
            return getattr(__import__(tag), _NUMBERS[tag])(rest[0])
        if tag == "own" and self._objects is not None:
            return self._objects(rest[0])
        if tag in ("object", "iterator") and self._step is not None:
            return self._remote(tag, int(rest[0]), self._step)
        raise WireError(f"a value of the unknown kind {str(tag)[:20]!r}")

    def _remote(self, tag: str, handle: int, step: Callable[[int], Any]) -> Remote:
        known = self._remotes.get(handle)
        if known is None:
            known = RemoteIterator(handle, step) if tag == "iterator" else Remote(handle)
            self._remotes[handle] = known
        return known


def send(stream: BinaryIO, message: list[Any]) -> None:
    """Writes one message. Raises WireError where it is too long or too deep, OSError where nobody listens."""
    try:
        line = json.dumps(message, separators=(",", ":")).encode()
    except RecursionError as error:
        raise WireError("a value is nested too deeply") from error
    if len(line) >= LONGEST_BYTES:
        raise WireError(f"a value of more than {LONGEST_BYTES >> 20} MiB")
    stream.write(line + b"\n")
    stream.flush()


def receive(stream: BinaryIO) -> list[Any] | None:
    """The next message; None at the end of the stream. Raises WireError where it is none."""
    line = stream.readline(LONGEST_BYTES + 1)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise WireError("a message is too long or cut off")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError("a message cannot be read") from error
    if not isinstance(message, list) or not message:
        raise WireError("a message is no list")
    return message
