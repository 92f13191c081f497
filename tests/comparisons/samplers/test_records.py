from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.samplers.frames import read_frame, write_frame
from comparisons.samplers.records import FieldError, Record, parse_record, to_data

#: A few letters are enough, and what databases and encodings stumble over.
LETTERS = 'a "\\\né\0\ud800\u2028'
#: What a hostile file may have anywhere.
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(LETTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(LETTERS, max_size=3), inner, max_size=2),
    max_leaves=6,
)
SAID = st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=5)


@given(
    st.fixed_dictionaries(
        {"problem": st.just("a")},
        optional={
            "turns": ANYTHING | st.integers(1, 40_000),
            "run_cpu_s": ANYTHING | st.floats(0, 2e9),
            "latency_s": ANYTHING | st.floats(0, 2e9),
            "said": ANYTHING | SAID,
            "no_program": st.sampled_from(["refused", "no program"]),
            "source": st.sampled_from(["print(1)", " ", "int main() {}"]),
            "raw": st.sampled_from(["```python\nprint(2)\n```", "none"]),
            "own": ANYTHING,
        },
    )
)
def test_record_is_refused_in_a_sentence_or_comes_back_equal(data: dict[str, Any]) -> None:
    try:
        record = parse_record(data, {})
    except FieldError as error:
        assert "\n" not in str(error) and len(str(error)) < 200
        return
    pipe = io.BytesIO()
    write_frame(pipe, tuple(record))
    pipe.seek(0)
    assert Record(*read_frame(pipe)) == record
    line = json.dumps(to_data(record), ensure_ascii=False)
    again = parse_record(json.loads(line), {})
    assert again == record
    assert json.dumps(to_data(again), ensure_ascii=False) == line
    for name in ("turns", "run_cpu_s", "said"):
        assert (data.get(name) is None) == (name not in to_data(record))


@pytest.mark.parametrize("empty", [None, "", " \n"])
def test_raw_answer_is_parsed_where_there_is_no_source(empty: str | None) -> None:
    read = parse_record({"problem": "a", "index": 0, "raw": "So:\n```python\nprint(2)\n```", "source": empty}, {})
    assert (read.source.strip(), read.language, read.no_program) == ("print(2)", "python3", "")


def test_what_is_kept_is_not_nested_without_end() -> None:
    deep: list[Any] = []
    for _ in range(99):
        deep = [deep]
    assert parse_record({"problem": "a", "own": deep}, {}).extra == {"own": deep}
    with pytest.raises(FieldError, match="^'own', a key that is kept as it is, is nested more than 100 deep$"):
        parse_record({"problem": "a", "own": {"deep": deep}}, {})
