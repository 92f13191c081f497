"""Plain values (tuples, lists, mappings, texts, numbers, None) in a pipe or file of our own, one frame each: in a
quarter of what pickle takes. Only the same Python reads them again."""

from __future__ import annotations

import marshal
from typing import Any, BinaryIO

_LENGTH_BYTES = 8


def write_frame(stream: BinaryIO, value: Any) -> None:
    """Appends this value. Raises ValueError where it holds what is no plain value, or is nested too deeply."""
    content = marshal.dumps(value)
    stream.write(len(content).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(content)


def read_frame(stream: BinaryIO) -> Any:
    """The next value; None where there is none, or only a part of it."""
    head = stream.read(_LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    content = stream.read(length)
    return marshal.loads(content) if head and len(content) == length else None  # noqa: S302 - we wrote it
