"""A package's validators on its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge import load_package
from judge.errors import PackageError
from judge.sandbox import Sandbox
from judge.validating import check_inputs
from tests.judge.making import write_package
from tests.judge.packages import test_italian

MADE = {f"{kind}put/{kind}put{n}.txt": f"{n + 1}\n" for n in range(4) for kind in ("in", "out")}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        # The second subtask allows up to 100. Its tests count in the third one, too, which allows more.
        ({"input/input1.txt": "101\n"}, "gen/validator.py: rejects the input of the test input1"),
        ({"input/input3.txt": "101\n"}, ""),
        ({"input/input3.txt": "1000001\n"}, "gen/validator.py: rejects the input of the test input3"),
    ],
)
def test_test_is_valid_for_every_subtask_it_counts_in(
    tmp_path: Path, sandbox: Sandbox, changes: dict[str, str], sentence: str
) -> None:
    files = {**test_italian.FILES, **MADE, **changes}
    (package,) = load_package(write_package(tmp_path / "double", files))
    if not sentence:
        return check_inputs(package.problem, package, sandbox)
    with pytest.raises(PackageError) as caught:
        check_inputs(package.problem, package, sandbox)
    assert str(caught.value).startswith(sentence)
