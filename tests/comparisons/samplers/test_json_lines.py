"""Lines of JSON that are read fast are read as Python's decoder reads them; what it refuses is refused in its words."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comparisons.samplers.formats import json_records
from comparisons.samplers.formats.json_records import RawRecord, line_records
from judge.errors import RecordError

from .test_records import ANYTHING

#: Where decoders differ, or might.
ODD = (
    b"18446744073709551616", b"-9223372036854775809", b"123456789012345678901234567890", b"1e999", b"-1e999", b"1e-400",
    b"-0", b"-0.0", b"0.1000000000000000055511151231257827", b"01", b"1.", b".5", b"+1", b"1E3", b"NaN", b"-Infinity",
    b"'a'", b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\t"', b'"\x7f"', b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\\/"', b'"\\x"', b"true", b"nul", b'{"b": 1, "b": 2}', b'{"b": 1,}', b"[1,]", b"", b"{}", b"[[]]",
    b"[" * 5000 + b"]" * 5000, b"1} x", b'1}{"a": 2', b"1 /* */", b"1}\xc2\xa0",
)  # fmt: skip


def read(content: bytes) -> list[tuple[Any, ...]]:
    """What the lines hold, so that 1 and 1.0 differ."""
    return [
        (type(one).__name__, str(one)) if isinstance(one, RecordError) else (one.number, one.line, repr(one.data))
        for one in line_records(io.BytesIO(content), "a.jsonl")
    ]


def read_slowly(content: bytes) -> list[tuple[Any, ...]]:
    class Refuses:
        def decode(self, line: bytes) -> Any:
            raise ValueError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "_FAST_DECODER", Refuses())
        return read(content)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("line", [b'{"a": %b}', b'{"a": [0, %b]}', b"%b", b" \t%b\r", b'{"%b": 1}', b"\x0b%b\x0c"])
def test_odd_line_is_read_as_pythons_decoder_reads_it(line: bytes, odd: bytes) -> None:
    content = b"\n".join([b'{"first": 1}', line % odd, b"", b'{"last": 1}'])
    found = read(content)
    assert found == read_slowly(content)
    assert found[0] == (1, 1, "{'first': 1}") and found[-1][1:] == (4, "{'last': 1}")


@given(st.dictionaries(st.text(max_size=3), ANYTHING, max_size=3), st.booleans(), st.data())
@example({"a": 2**64}, True, None)
def test_any_line_is_read_as_pythons_decoder_reads_it(data: dict[str, Any], ascii: bool, draw: Any) -> None:
    line = json.dumps(data, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    if draw is not None:
        place = draw.draw(st.integers(0, len(line)))
        line = line[:place] + draw.draw(st.binary(max_size=2)) + line[place + draw.draw(st.integers(0, 2)) :]
    assert read(line) == read_slowly(line)


def test_only_what_is_in_doubt_is_read_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "_DECODER", None)
    (found,) = line_records(io.BytesIO(b'{"a": [1, 2.5, "\\u00e9", null]}\r\n'), "a.jsonl")
    assert found == RawRecord(1, 1, {"a": [1, 2.5, "é", None]})
