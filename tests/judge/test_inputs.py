"""Which inputs become probes, and what brute-force programs agree on: the counting, without programs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from judge.inputs import Helper, MadeInput, Rule, best, chosen, input_key, majority, make_inputs
from judge.sandbox import Ending, Executable, Execution, Sandbox


def made(*accepts: int) -> list[MadeInput]:
    """Inputs named by their place, with so many votes each."""
    return [MadeInput(str(place), Path("/"), 1, 0, n) for place, n in enumerate(accepts)]


def names(found: list[MadeInput]) -> str:
    return "".join(one.digest for one in found)


def test_chosen_counts_after_or_before_validation() -> None:
    inputs = made(4, 1, 3, 4, 2, 3)
    assert names(chosen(inputs, Rule(3, 3))) == "023"
    assert names(chosen(inputs, Rule(3, 3, counts_made=True))) == "02"


def test_best_takes_most_votes_first_and_never_below_half() -> None:
    inputs = made(1, 2, 4, 2, 3)
    assert names(best(inputs, Rule(9, 4), n_validators=4, wanted=3)) == "124"
    assert names(best(inputs, Rule(9, 4), n_validators=4, wanted=9)) == "1234"
    assert best(inputs, Rule(9, 1), n_validators=0, wanted=9) == []


def test_best_keeps_all_that_a_rule_below_half_calls_valid() -> None:
    inputs = made(1, 4, 0, 2)
    assert names(best(inputs, Rule(9, 1), n_validators=4, wanted=9)) == "013"
    assert names(best(inputs, Rule(9, 1), n_validators=4, wanted=2)) == "13"


def test_majority_is_more_than_half_of_all_programs() -> None:
    a, b, c = b"a", b"b", b"c"
    found = majority([[a, a, a, None], [a, b, None, None], [b, c, None, None]])
    assert found == [(a, 2 / 3), (None, 1 / 3), (None, 1 / 3), (None, 0.0)]
    assert majority([[a], [b]]) == [(None, 0.5)]
    assert majority([]) == []


class Scripted:
    """Stands in for a sandbox: programs are functions from an input to (ending, code, output)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: dict[str, Callable[[bytes], tuple[Ending, int, bytes]]] = {}

    def helper(self, number: int, name: str, program: Callable[[bytes], tuple[Ending, int, bytes]]) -> Helper:
        self.programs[name] = program
        return Helper(number, Executable("cpp", Path("/"), (name,), name))

    def run_batch(
        self, executable: Executable, inputs: Sequence[Path], limits: object, *, stop_after: Any = None, **_: object
    ) -> Iterator[Execution]:
        for place, path in enumerate(inputs):
            ending, code, output = self.programs[executable.argv[0]](path.read_bytes())
            run = Execution(ending, code, 0.0, 0.0, 1.0, len(output), b"", b"", stdout=output)
            yield run
            if stop_after is not None and stop_after(place, run):
                return

    def keep(self, content: bytes) -> tuple[str, Path]:
        path = self.folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return path.name, path

    def make(self, generators: list[Helper], validators: list[Helper], rule: Rule) -> list[bytes]:
        found = make_inputs(
            generators, validators, rule, sandbox=cast(Sandbox, self), keep=self.keep, first_seed=0
        )  # fmt: skip
        return [one.path.read_bytes() for one in found]


def prints(text: str) -> Callable[[bytes], tuple[Ending, int, bytes]]:
    """A generator: `{seed}` is its seed."""
    return lambda given: (Ending.EXIT, 0, text.replace("{seed}", given.decode().strip()).encode())


def test_what_counts_before_validation_is_never_made_or_seen_beyond_the_number(tmp_path: Path) -> None:
    box = Scripted(tmp_path)
    generators = [box.helper(place, name, prints(f"{name} {{seed}}\n")) for place, name in enumerate("abc")]
    rejects = [b"a 0\n"]
    voter = box.helper(0, "voter", lambda given: (Ending.EXIT, int(given in rejects), b""))
    made = box.make(generators, [voter], Rule(4, 1, counts_made=True))
    assert made == [b"a 0\n", b"a 1\n", b"b 0\n", b"b 1\n"]
    assert (sum(one.distinct for one in generators), sum(one.runs for one in generators)) == (4, 4)
    assert (voter.runs, voter.accepted, voter.agreed) == (4, 3, 4)


@pytest.mark.parametrize(
    ("ending", "failed", "accepted"), [(Ending.SIGNAL, 8, 8), (Ending.CPU, 6, 0), (Ending.WALL, 6, 0)]
)
def test_validator_that_rejects_by_crashing_goes_on_and_one_that_hangs_does_not(
    tmp_path: Path, ending: Ending, failed: int, accepted: int
) -> None:
    box = Scripted(tmp_path)
    generators = [box.helper(0, "wrong", prints("-{seed}\n")), box.helper(1, "right", prints("{seed}\n"))]
    voter = box.helper(0, "voter", lambda given: (ending, 6, b"") if given[:1] == b"-" else (Ending.EXIT, 0, b""))
    box.make(generators, [voter], Rule(16, 1, counts_made=True))
    assert (voter.failed, generators[1].accepted) == (failed, accepted)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [(b"1 2\n3", True), (b"1 2 \r\n3\n\n", True), (b" 1 2\n3\n", False), (b"1  2\n3\n", False), (b"1 2 3\n", False)],
)
def test_white_space_at_the_end_of_lines_makes_no_other_input(tmp_path: Path, other: bytes, is_same: bool) -> None:
    assert (input_key(other) == input_key(b"1 2\n3\n")) == is_same
    box = Scripted(tmp_path)
    texts = iter([b"1 2\n3\n", other, b"end", b"end"])
    generator = box.helper(0, "generator", lambda _: (Ending.EXIT, 0, next(texts)))
    assert len(box.make([generator], [], Rule(2, 1, counts_made=True))) == 2
    assert generator.runs == (3 if is_same else 2)
