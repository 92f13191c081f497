"""Pool files -> records, one at a time: memory does not grow with the file.

A file is JSON lines or one JSON array; its records are Podium's own (`records.FIELDS`, other keys by a mapping),
LiveCodeBench submissions, which hold all draws of one problem, or samples that continue a prompt (`completions`). What
a file is, `detect` reads off its first record.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from comparisons.samplers.completions import codet_draws, humaneval_draw, is_codet, is_humaneval
from judge.errors import RecordError

PODIUM = "podium"
LIVECODEBENCH = "livecodebench"
CODET = "codet"
HUMANEVAL = "humaneval"
FORMATS = (PODIUM, LIVECODEBENCH, CODET, HUMANEVAL)
#: Formats whose samples are no programs by themselves (see `completions`).
COMPLETIONS = (CODET, HUMANEVAL)

#: A longer record is taken for a file that is no list of records.
LONGEST_RECORD_BYTES = 64 << 20
_READ_BYTES = 1 << 20


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_VISIBLE = re.compile(r"\S")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class RawRecord:
    """One record: its place among the records (from 1), its line (0 in an array), and its keys as the file has them."""

    number: int
    line: int
    data: Mapping[str, Any]


def detect(path: Path) -> str:
    """The format of the file by its first readable record. Raises RecordError where it holds none."""
    first = next((record for record in read_raw(path) if isinstance(record, RawRecord)), None)
    if first is None:
        # The first complaint says more than "no records".
        complaint = next((record for record in read_raw(path) if isinstance(record, RecordError)), None)
        raise complaint or RecordError(path.name, 0, "holds no records")
    if "question_id" in first.data and ("code_list" in first.data or "output_list" in first.data):
        return LIVECODEBENCH
    return CODET if is_codet(first.data) else HUMANEVAL if is_humaneval(first.data) else PODIUM


def read_records(path: Path, *, format: str = "auto") -> Iterator[RawRecord | RecordError]:
    """Every record in Podium's keys or the file's own (see `records.parse_record`); a RecordError stands in for each
    that cannot be read. `format` is one of FORMATS or "auto". Raises RecordError where reading cannot go on."""
    if format != "auto" and format not in FORMATS:
        raise RecordError(path.name, 0, f"the format {format!r} is not one of auto, {', '.join(FORMATS)}")
    form = detect(path) if format == "auto" else format
    if form == PODIUM:
        yield from read_raw(path)
        return
    number = 0
    for record in read_raw(path):
        if isinstance(record, RecordError):
            yield record
            continue
        for draw in _draws(record, path.name, form):
            number += 1
            yield draw if isinstance(draw, RecordError) else RawRecord(number, record.line, draw)


def read_raw(path: Path) -> Iterator[RawRecord | RecordError]:
    """The JSON objects of the file as they are; a RecordError stands in for each line that is none."""
    if not path.is_file():
        raise RecordError(path.name, 0, "is no file" if path.exists() else "does not exist")
    with path.open("rb") as stream:
        head = stream.read(len(codecs.BOM_UTF8))
        stream.seek(len(head) if head == codecs.BOM_UTF8 else 0)
        start = stream.tell()
        first = _first_character(stream)
        stream.seek(start)
        yield from _array(stream, path.name) if first == b"[" else _lines(stream, path.name)


def _first_character(stream: BinaryIO) -> bytes:
    while chunk := stream.read(_READ_BYTES):
        if text := chunk.lstrip():
            return text[:1]
    return b""


def _lines(stream: BinaryIO, name: str) -> Iterator[RawRecord | RecordError]:
    number = line = 0
    while content := stream.readline(LONGEST_RECORD_BYTES + 1):
        line += 1
        if len(content) > LONGEST_RECORD_BYTES:
            raise RecordError(name, line, "is longer than 64 MiB")
        if not content.strip():
            continue
        number += 1
        try:
            text = content.decode().strip()
            data = _DECODER.decode(text)
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
    if _SURROGATE.search(text, start, len(text) if end is None else end):
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
            raise RecordError(self.name, 0, "holds a record of more than 64 MiB")
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


def _draws(record: RawRecord, name: str, form: str) -> Iterator[dict[str, Any] | RecordError]:
    if form == LIVECODEBENCH:
        yield from _livecodebench_draws(record, name)
    elif form == CODET:
        yield from codet_draws(record.data, name, record.line)
    else:
        yield humaneval_draw(record.data, name, record.line)


def _livecodebench_draws(record: RawRecord, name: str) -> Iterator[dict[str, Any] | RecordError]:
    """The draws of one LiveCodeBench problem in Podium's keys.

    `code_list` is taken as the source extracted it, so that `graded_list` speaks of the same programs; where it is
    absent, `output_list` is parsed by our rules. LiveCodeBench's code generation is Python only.
    """
    data = record.data
    where = f"record {record.number}: " if not record.line else ""
    codes, outputs, graded = (data.get(key) for key in ("code_list", "output_list", "graded_list"))
    if not data.get("question_id"):
        yield RecordError(name, record.line, f'{where}"question_id" is missing')
        return
    lists = {"code_list": codes, "output_list": outputs, "graded_list": graded}
    present = {key: value for key, value in lists.items() if value is not None}
    if not (codes or outputs) or not all(isinstance(value, list) for value in present.values()):
        yield RecordError(name, record.line, f'{where}has neither "code_list" nor "output_list" as a list of texts')
        return
    if len({len(value) for value in present.values()}) != 1:
        sizes = ", ".join(f"{len(value)} in {key}" for key, value in present.items())
        yield RecordError(name, record.line, f"{where}its lists differ in length ({sizes})")
        return
    metadata = data.get("metadata")
    for index in range(len(codes if codes is not None else outputs or [])):
        draw: dict[str, Any] = {"problem": str(data["question_id"]), "index": index, "language": "python3"}
        if codes is not None:
            draw["source"] = codes[index]
            if codes[index] == "":
                draw["no_program"] = "no program in the answer"
        if outputs is not None:
            draw["raw"] = outputs[index]
        if graded is not None:
            draw["graded"] = graded[index]
        if isinstance(metadata, list) and index < len(metadata):
            draw |= _graders_word(metadata[index])
        yield draw


def _graders_word(metadata: Any) -> dict[str, Any]:
    """What the grader said of a failure; not the test itself, which is hidden data."""
    try:
        said = json.loads(metadata) if isinstance(metadata, str) else metadata
    except (ValueError, RecursionError):
        return {}
    message = said.get("error_message") if isinstance(said, dict) else None
    return {"graded_message": message} if isinstance(message, str) else {}


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos + 1}"
    return str(error)
