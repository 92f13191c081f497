"""The calibration program: it runs, prints what it must, and its least reading counts."""

from __future__ import annotations

import pytest

from judge import calibration
from judge.calibration import REFERENCE_S, REPEATS, Calibration, calibrate
from judge.errors import SandboxFault
from judge.sandbox import Sandbox


def test_machine_is_calibrated_by_all_repeats(sandbox: Sandbox) -> None:
    measured = calibrate(sandbox)
    assert len(measured.readings) == REPEATS
    assert min(measured.readings) == measured.cpu_time_s > 0


def test_speed_is_relative_to_the_reference_machine() -> None:
    assert Calibration((3 * REFERENCE_S, 2 * REFERENCE_S), is_alone=True).speed == 0.5


def test_program_that_prints_something_else_is_no_calibration(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "OUTPUT", b"other\n")
    with pytest.raises(SandboxFault, match="cannot be calibrated"):
        calibrate(sandbox)
