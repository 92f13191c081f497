"""Mutated inputs."""

from __future__ import annotations

import random

from judge.mutation import mutate


def test_number_of_thousands_of_digits_is_left_alone() -> None:
    text = b"9" * 6000
    assert {mutate(text, rng=random.Random(seed)) for seed in range(20)} == {text}


def test_numbers_change() -> None:
    assert len({mutate(b"10 20 -30", rng=random.Random(seed)) for seed in range(20)}) > 5
