from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comparisons.samplers.providers import Usage
from comparisons.samplers.records import TOKENS
from comparisons.samplers.sharing import shares


@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=20),
    st.tuples(*[st.none() | st.integers(0, 10_000)] * 2),
    st.tuples(*[st.none() | st.floats(0, 1)] * 2),
)
def test_shares_add_up_and_no_part_is_more_than_its_whole(
    lengths: list[int], wholes: tuple[int | None, ...], parts: tuple[float | None, ...]
) -> None:
    cached, reasoning = (
        None if part is None else int(part * (10_000 if whole is None else whole))
        for whole, part in zip(wholes, parts, strict=True)
    )
    usage = Usage(wholes[0], cached, wholes[1], reasoning)
    found = shares(usage, lengths)
    for name in TOKENS:
        total, counts = getattr(usage, name), [getattr(one, name) for one in found]
        assert counts == [None] * len(lengths) if total is None else sum(counts) == total
    for one in found:
        for part, whole in ((one.cached_input_tokens, one.input_tokens), (one.reasoning_tokens, one.output_tokens)):
            assert part is None or whole is None or 0 <= part <= whole
