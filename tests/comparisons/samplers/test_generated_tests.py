"""Samples of a model -> single tests, and the records they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comparisons.samplers.generated_tests import SampledTests, prompt_key, read_generated_tests
from comparisons.samplers.generated_tests import tests_of as found_in
from judge.errors import RecordError
from tests.comparisons.imports.packages import write_lines

PROMPT = "def after(n):\n    pass\n\n# check the correctness of after\nassert "


@pytest.mark.parametrize(
    ("sample", "tests"),
    [
        ("after(1) == 2\nassert after(2) == 3", ["assert after(1) == 2", "assert after(2) == 3"]),
        ("\n    after(1) == 2, 'one'", []),  # no Python: the line ends after assert
        ("after(1) == 2\nassert before(1) == 0\n", ["assert after(1) == 2"]),
        ("after(1) == 2\n# more\nassert after(2) == 3", ["assert after(1) == 2", "assert after(2) == 3"]),
        ("after(1)\ndef f():\n    assert after(2) == 3\nprint(1)", ["assert after(1)", "assert after(2) == 3"]),
        ("after(1) == 2\nassert after(1) == 2", ["assert after(1) == 2", "assert after(1) == 2"]),
        ("after(1) == 2\nassert after(", ["assert after(1) == 2"]),
        ("\n", []),
        ("____ == ____, 'after'\n\nimport timeit", ["assert ____ == ____, 'after'\n\nimport timeit"]),
        ("after(" + "(" * 50_000, []),
        ("after(" + "-" * 19_000 + "1)", []),
        ("after('" + "x" * 30_000 + "')", []),
    ],
)  # fmt: skip
def test_tests_of_a_sample(sample: str, tests: list[str]) -> None:
    assert list(found_in(sample, "after")) == tests


def test_a_star_import_stays_in_its_own_test() -> None:
    tests = found_in("after(1) == 2\nassert after(2) == 3\nfrom math import *\nassert after(3) == 4", "after")
    assert tests == ("assert after(1) == 2", "assert after(2) == 3\nfrom math import *", "assert after(3) == 4")


def test_samples_stay_apart_and_the_first_of_each_can_be_taken() -> None:
    tests = SampledTests.parse(("after(1)\nassert after(2)\nassert after(3)", "", "after(1)"), "after")
    assert tests.tests == (("assert after(1)", "assert after(2)", "assert after(3)"), (), ("assert after(1)",))
    assert tests.first(2) == ("assert after(1)", "assert after(2)", "assert after(1)")
    assert len(tests.first()) == tests.n_tests == 4
    assert SampledTests.from_bytes(tests.to_bytes()) == tests


def test_records_name_their_problem_by_prompt_or_by_name(tmp_path: Path) -> None:
    records = [
        {"prompt": PROMPT, "samples": ["after(1) == 2"]},
        {"task_id": "Own/1", "entry_point": "other", "samples": []},
        {"problem": 7, "samples": ["x"]},
    ]
    found = list(read_generated_tests(write_lines(tmp_path / "t.jsonl", records)))
    assert [(r.problem, r.prompt, r.entry_point) for r in found if not isinstance(r, RecordError)] == [
        ("", "def after(n):", "after"),
        ("Own-1", "", "other"),
        ("7", "", ""),
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": PROMPT}, 'has no list of texts "samples"'),
        ({"prompt": PROMPT, "samples": [1]}, 'has no list of texts "samples"'),
        ({"samples": []}, 'has neither "prompt" nor "problem", so its problem is unknown'),
        ({"prompt": PROMPT, "samples": [], "entry_point": 3}, '"entry_point" is no text'),
    ],
)
def test_a_record_that_cannot_be_read_says_why(tmp_path: Path, record: dict[str, object], reason: str) -> None:
    (found,) = read_generated_tests(write_lines(tmp_path / "t.jsonl", [record]))
    assert str(found) == f"t.jsonl, line 1: {reason}"


def test_codets_own_tests_of_humaneval(shared_data: Path) -> None:
    """7,996 tests, 4,453 with at most five of each sample: what CodeT's own extraction finds in the same file."""
    data = shared_data / "samples-codet/CodeT/data"
    lines = (data / "dataset/HumanEval_for_code_generation.jsonl").read_text().splitlines()
    entry_points = {prompt_key(task["prompt"]): task["entry_point"] for task in map(json.loads, lines)}
    tests = data / "generated_data/HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_test_case.jsonl"
    found = []
    for record in read_generated_tests(tests):
        assert not isinstance(record, RecordError)
        found.append(SampledTests.parse(record.samples, entry_points[record.prompt]))
        assert record.entry_point == entry_points[record.prompt]
    assert (len(found), sum(row.n_tests for row in found), sum(len(row.first(5)) for row in found)) == (82, 7996, 4453)
