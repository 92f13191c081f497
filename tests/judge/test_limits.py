"""Where limits come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from judge.limits import apply_rule, measure_time_limit, scaled
from judge.package import Package, TimeRule
from judge.packages import load_package
from judge.problem import LimitSource
from judge.sandbox import Sandbox
from tests.judge.making import DOUBLE, write_package

SLOW = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass\nprint(2 * int(input()))\n"


def load(folder: Path, **changes: str) -> Package:
    return load_package(write_package(folder / "double", {**DOUBLE, **changes}))[0]


@pytest.mark.parametrize(
    ("rule", "slowest", "limit"),
    [
        (TimeRule(), 0.01, 1.0),
        (TimeRule(), 0.2, 1.0),
        (TimeRule(), 0.21, 2.0),
        (TimeRule(2.0), 1.5, 3.0),
        (TimeRule(2.0, resolution_s=0.1), 0.63, 1.3),
    ],
)
def test_time_rule_multiplies_and_rounds_up(rule: TimeRule, slowest: float, limit: float) -> None:
    assert apply_rule(rule, slowest) == limit


def test_stated_limits_are_the_packages(tmp_path: Path) -> None:
    package = replace(load(tmp_path), time_limit_s=2.5, memory_limit_mib=64)
    limits = measure_time_limit(package, None)
    assert (limits.time_limit_s, limits.time_limit_source) == (2.5, LimitSource.PACKAGE)
    assert (limits.memory_limit_mib, limits.memory_limit_source) == (64, LimitSource.PACKAGE)


def test_given_limits_override(tmp_path: Path) -> None:
    package = replace(load(tmp_path), time_limit_s=2.5)
    limits = measure_time_limit(package, None, given_time_s=4.0, given_memory_mib=128)
    assert (limits.time_limit_s, limits.time_limit_source) == (4.0, LimitSource.GIVEN)
    assert (limits.memory_limit_mib, limits.memory_limit_source) == (128, LimitSource.GIVEN)


def test_without_sandbox_ten_seconds_are_assumed(tmp_path: Path) -> None:
    limits = measure_time_limit(load(tmp_path), None)
    assert (limits.time_limit_s, limits.time_limit_source) == (10.0, LimitSource.ASSUMED)
    assert (limits.memory_limit_mib, limits.memory_limit_source) == (2048, LimitSource.ASSUMED)


def test_limit_is_measured_on_accepted_references_only(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(
        tmp_path,
        **{
            "submissions/accepted/slow.py": SLOW,
            "submissions/accepted/wrong.py": "import time\ntime.sleep(0)\nprint(0)\n",
            "submissions/accepted/other.java": "class Main {}\n",
        },
    )
    limits = measure_time_limit(package, sandbox)
    assert limits.time_limit_source is LimitSource.MEASURED
    assert sorted(limits.readings) == ["submissions/accepted/long.cpp", "submissions/accepted/slow.py"]
    assert 0.4 <= limits.readings["submissions/accepted/slow.py"] < 2.0
    assert limits.time_limit_s == apply_rule(package.time_rule, max(limits.readings.values()))


def test_without_accepted_reference_ten_seconds_are_assumed(tmp_path: Path, sandbox: Sandbox) -> None:
    package = load(tmp_path, **{"submissions/accepted/long.cpp": "int main(){}\n"})
    limits = measure_time_limit(package, sandbox)
    assert (limits.time_limit_s, limits.time_limit_source, dict(limits.readings)) == (10.0, LimitSource.ASSUMED, {})


def test_stated_factor_is_in_the_limit_and_beside_it(tmp_path: Path) -> None:
    limits = scaled(measure_time_limit(load(tmp_path), None, given_time_s=2.0), 1.5)
    assert (limits.time_limit_s, limits.time_scale) == (3.0, 1.5)
