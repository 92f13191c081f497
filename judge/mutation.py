"""New inputs from old ones by small changes, for problems whose package brings no generator. Pure and seeded.

A mutant may break the statement's rules; whoever uses it asks the package's validator, or says that there was none.
The moves are the usual ones of grammar-free input mutation (AlphaCode, arXiv:2203.07814, appendix A.2: bit flips,
random increments of integers, swaps and changes of characters), kept line-wise so that counts stay plausible.
"""

from __future__ import annotations

import random
import re

#: Longer ones are left alone: Python reads no number of thousands of digits.
_NUMBER = re.compile(rb"-?(?<!\d)\d{1,1000}(?!\d)")


def mutate(text: bytes, *, rng: random.Random) -> bytes:
    """A changed copy of an input: one to three moves drawn by `rng`. May equal the original where nothing can move."""
    lines = text.replace(b"\r\n", b"\n").split(b"\n")
    for _ in range(rng.randint(1, 3)):
        row = rng.randrange(len(lines))
        # The first line usually holds the sizes: changing it breaks most inputs, so it is tried less often.
        if row == 0 and len(lines) > 2 and rng.random() < 0.7:
            row = rng.randrange(1, len(lines))
        lines[row] = rng.choice((_change_number, _swap_tokens, _change_letter))(lines[row], rng)
    return b"\n".join(lines)


def _change_number(line: bytes, rng: random.Random) -> bytes:
    numbers = list(_NUMBER.finditer(line))
    if not numbers:
        return line
    chosen = rng.choice(numbers)
    value = int(chosen.group())
    near = value + rng.choice((-2, -1, 1, 2))
    changed = rng.choice((near, value // 2, value * 2, rng.randint(1, max(2, abs(value)))))
    if value >= 0:
        changed = abs(changed)
    return line[: chosen.start()] + str(changed).encode() + line[chosen.end() :]


def _swap_tokens(line: bytes, rng: random.Random) -> bytes:
    tokens = line.split(b" ")
    if len(tokens) < 2:
        return _swap_letters(line, rng)
    first, second = rng.sample(range(len(tokens)), 2)
    tokens[first], tokens[second] = tokens[second], tokens[first]
    return b" ".join(tokens)


def _swap_letters(line: bytes, rng: random.Random) -> bytes:
    if len(line) < 2 or _NUMBER.fullmatch(line.strip()):
        return line
    first, second = sorted(rng.sample(range(len(line)), 2))
    return (
        line[:first]
        + line[second : second + 1]
        + line[first + 1 : second]
        + line[first : first + 1]
        + line[second + 1 :]
    )


def _change_letter(line: bytes, rng: random.Random) -> bytes:
    letters = [i for i, byte in enumerate(line) if not chr(byte).isdigit() and not chr(byte).isspace()]
    if not letters:
        return _change_number(line, rng)
    place = rng.choice(letters)
    # A letter that stands elsewhere in the line belongs to the input's alphabet.
    return line[:place] + bytes([line[rng.choice(letters)]]) + line[place + 1 :]
