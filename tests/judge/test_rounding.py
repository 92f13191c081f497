"""Rounded outputs: which are equal, and that what holds no decimal number keeps its hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.rounding import rounded, rounded_hash
from judge.sandbox.execution import output_digests


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"0.333333333", b"0.33333"),
        (b"3.0", b"3"),
        (b"-0.0000001", b"0"),
        (b"+1.50", b"1.5"),
        (b"1.5e2", b"150"),
        (b"123456.789", b"123457"),
        (b"YES\n 1.0", b"yes 1\n"),
        (b".5", b"0.5"),
        (b"1e-3 2.", b"1e-3 2"),
    ],
)
def test_nearly_equal_outputs_have_one_form(one: bytes, other: bytes) -> None:
    assert rounded(one) == rounded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"0.3333", b"0.3334"),
        (b"1234567", b"1234568"),
        (b"1234567.0", b"1234567"),
        (b"1.5 2.5", b"1.52.5"),
        (b"v1.50", b"v1.5"),
        (b"1.2.30", b"1.2.3"),
        (b"0.000015", b"0.000025"),
    ],
)
def test_others_stay_apart(one: bytes, other: bytes) -> None:
    assert rounded(one) != rounded(other)


@given(st.binary(max_size=200))
def test_rounding_twice_is_rounding_once(output: bytes) -> None:
    once = rounded(output)
    assert rounded(once) == once


@given(st.lists(st.integers() | st.sampled_from(["no", "#", "a-b"])))
def test_whole_numbers_and_small_words_keep_the_hash_of_their_tokens(words: list[int | str]) -> None:
    output = "\n".join(map(str, words)).encode()
    assert rounded_hash(output) == output_digests(output)[1]


def test_huge_number_is_written_with_its_exponent() -> None:
    assert rounded(b"1234567890123456789.5 1.0e999") == b"1.23457e+18 inf"
