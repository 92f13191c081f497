"""JSON -> records, one at a time: lines, or the elements of one array. Memory does not grow with the file."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from judge.errors import RecordError

#: A longer record cannot be read: no sample is that long, and memory must not grow with what a file holds.
LONGEST_RECORD_BYTES = 32 << 20
#: One object over several lines (an Inspect log) is read as a whole, and takes several times its length then.
LARGEST_OBJECT_BYTES = 128 << 20
_READ_BYTES = 1 << 20


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
#: Reads objects that are beyond doubt as `_DECODER` does, in a quarter of the time. All else it refuses (NaN, half a
#: character, what is no JSON); `_DECODER` then finds out why.
_FAST_DECODER = msgspec.json.Decoder(dict[str, Any])
#: A file that is one object is a log; Inspect writes NaN there for a score that is none.
_LOG_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite)
_VISIBLE = re.compile(r"\S")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class RawRecord(NamedTuple):
    """One record: its place among the records (from 1), its line (0 where the file has no lines), its keys as the file
    has them, and the file it is in, where there are several."""

    number: int
    line: int
    data: Mapping[str, Any]
    file: str = ""


def json_records(stream: BinaryIO, name: str) -> Iterator[RawRecord | RecordError]:
    """The JSON objects of a stream that can be wound back, as they are: those of its lines, of its one array, or one
    that is written over several lines. A RecordError stands in for each line that is none."""
    head = stream.read(len(codecs.BOM_UTF8))
    stream.seek(len(head) if head == codecs.BOM_UTF8 else 0)
    start = stream.tell()
    first = _first_character(stream)
    stream.seek(start)
    if first == b"[":
        yield from _array(stream, name)
    elif first == b"{" and stream.readline(_READ_BYTES).strip() == b"{":
        stream.seek(start)
        yield one_object(stream.read(LARGEST_OBJECT_BYTES + 1), name)
    else:
        stream.seek(start)
        yield from line_records(stream, name)


def are_lines(path: Path) -> bool:
    """Whether the file is one of JSON lines as it lies there, not packed."""
    with path.open("rb") as stream:
        start = stream.readline(_READ_BYTES)
    return start[:1] == b"{" and start.strip() != b"{"


def part_of(stream: BinaryIO, start: int, stop: int) -> bytes:
    """The lines of a file that begin in this part of it. Of a line that is too long to be read, as much as shows it."""
    stream.seek(max(start - 1, 0))
    if start:
        before = stream.readline(stop - start + 1)
        if not before.endswith(b"\n"):
            return b""
        start += len(before) - 1
    content = stream.read(stop - start)
    return content + stream.readline(LONGEST_RECORD_BYTES + 1) if content[-1:] not in (b"", b"\n") else content


def one_object(content: bytes, name: str, number: int = 1) -> RawRecord:
    """The one JSON object that these bytes are, NaN and Infinity read as null. Raises RecordError where they are
    none."""
    if len(content) > LARGEST_OBJECT_BYTES:
        raise RecordError(name, 0, f"is one JSON object of more than {LARGEST_OBJECT_BYTES >> 20} MiB")
    try:
        text = content.decode()
        data = _LOG_DECODER.decode(text.strip())
    except UnicodeDecodeError as error:
        raise RecordError(name, 0, f"is not UTF-8 text (byte {error.start + 1})") from None
    except ValueError as error:
        raise RecordError(name, 0, f"is not JSON ({_reason(error)})") from None
    except RecursionError:
        raise RecordError(name, 0, "is nested too deeply") from None
    if complaint := _complaint(data, text):
        raise RecordError(name, 0, complaint)
    return RawRecord(number, 0, data)


def _first_character(stream: BinaryIO) -> bytes:
    while chunk := stream.read(_READ_BYTES):
        if text := chunk.lstrip():
            return text[:1]
    return b""


def line_records(stream: BinaryIO, name: str) -> Iterator[RawRecord | RecordError]:
    """The JSON objects of a stream's lines; a RecordError stands in for each line that is none."""
    number = line = 0
    while content := stream.readline(LONGEST_RECORD_BYTES + 1):
        line += 1
        if len(content) > LONGEST_RECORD_BYTES:
            while not content.endswith(b"\n") and (content := stream.readline(_READ_BYTES)):
                pass
            number += 1
            yield RecordError(name, line, f"is longer than {LONGEST_RECORD_BYTES >> 20} MiB")
            continue
        try:
            data = _FAST_DECODER.decode(content)
        except (ValueError, RecursionError):
            pass
        else:
            number += 1
            yield RawRecord(number, line, data)
            continue
        if not content.strip():
            continue
        number += 1
        try:
            text = content.decode().strip()
            data, end = _DECODER.raw_decode(text)  # `decode` looks twice for white space that is not there
            if end < len(text):
                data = _DECODER.decode(text)  # raises
        except UnicodeDecodeError as error:
            yield RecordError(name, line, f"is not UTF-8 text (byte {error.start + 1})")
        except ValueError as error:
            yield RecordError(name, line, f"is not JSON ({_reason(error)})")
        except RecursionError:
            yield RecordError(name, line, "is nested too deeply")
        else:
            if complaint := _complaint(data, text):
                yield RecordError(name, line, complaint)
            else:
                yield RawRecord(number, line, data)


def _array(stream: BinaryIO, name: str) -> Iterator[RawRecord | RecordError]:
    """The elements of one JSON array, decoded one by one from a buffer that holds little more than one element."""
    decode = _DECODER.raw_decode
    text = _Buffer(stream, name)
    text.skip("[")
    number = 0
    while not text.at("]"):
        if number:
            text.skip(",", f"record {number} is not followed by a comma or the end of the array")
        number += 1
        while True:
            try:
                data, end = decode(text.content, text.place)
            except ValueError as error:
                if text.more():
                    continue
                raise RecordError(name, 0, f"record {number} is not JSON ({_reason(error)})") from None
            except RecursionError:
                raise RecordError(name, 0, f"record {number} is nested too deeply") from None
            if end < len(text.content) or not text.more():
                break
        complaint = _complaint(data, text.content, text.place, end)
        text.place = end
        if complaint:
            yield RecordError(name, 0, f"record {number} {complaint}")
        else:
            yield RawRecord(number, 0, data)
    text.skip("]")
    if text.peek():
        raise RecordError(name, 0, "has something after the end of its array")


def _complaint(data: Any, text: str, start: int = 0, end: int | None = None) -> str:
    """Why what was decoded from this part of the text is no record; "" where it is one."""
    if not isinstance(data, dict):
        return "is not a JSON object"
    # Pairs of surrogates are how JSON may spell one character; half of one can be neither stored nor shown.
    if "\\u" in text and _SURROGATE.search(text, start, len(text) if end is None else end):
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return "holds half a character (a lone surrogate)"
    return ""


class _Buffer:
    """Text of a stream, read on as it is needed; what was read past is dropped."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.stream = stream
        self.name = name
        self.content = ""
        self.place = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._step = _READ_BYTES

    def more(self) -> bool:
        """Reads on, twice as much each time a record does not fit; False at the end of the file."""
        if len(self.content) - self.place > LONGEST_RECORD_BYTES:
            raise RecordError(self.name, 0, f"holds a record of more than {LONGEST_RECORD_BYTES >> 20} MiB")
        chunk = self.stream.read(self._step)
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            raise RecordError(self.name, 0, "is not UTF-8 text") from None
        if self.place > _READ_BYTES:
            self.content, self.place = self.content[self.place :], 0
            self._step = _READ_BYTES
        elif chunk:
            self._step = min(self._step * 2, 16 << 20)
        self.content += text
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            if found := _VISIBLE.search(self.content, self.place):
                self.place = found.start()
                return found.group()
            self.place = len(self.content)
            if not self.more():
                return ""

    def at(self, character: str) -> bool:
        found = self.peek()
        if not found:
            raise RecordError(self.name, 0, "ends inside its array: it was cut off")
        return found == character

    def skip(self, character: str, complaint: str = "") -> None:
        """Steps over the character and the white space after it. Raises RecordError where something else stands."""
        if self.peek() != character:
            raise RecordError(self.name, 0, complaint or "is not a JSON array")
        self.place += 1
        self.peek()


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        said = error.msg.removesuffix(" at")  # "Unterminated string starting at"
        return f"{said[:1].lower()}{said[1:]} at character {error.pos + 1}"
    return str(error)
