"""The calibration program: it runs, prints what it must, and its least reading counts."""

from __future__ import annotations

import pytest

from judge import calibration
from judge.calibration import REFERENCE_S, REPEATS, WORKLOAD, Calibration, calibrate
from judge.errors import SandboxFault
from judge.sandbox import Sandbox


def test_machine_is_calibrated_by_all_repeats(sandbox: Sandbox) -> None:
    measured = calibrate(sandbox)
    assert len(measured.readings) == REPEATS
    assert min(measured.readings) == measured.cpu_time_s > 0


def test_speed_is_relative_to_the_reference_machine() -> None:
    assert Calibration((3 * REFERENCE_S, 2 * REFERENCE_S)).speed == 0.5


def test_reference_is_of_the_program_that_is_run() -> None:
    # Another program needs another REFERENCE_S: take it again, and then say here that it was.
    assert (WORKLOAD, REFERENCE_S) == ("551f73e3c24f", 0.116)


def test_program_that_prints_something_else_is_no_calibration(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "OUTPUT", b"other\n")
    with pytest.raises(SandboxFault, match="cannot be calibrated"):
        calibrate(sandbox)
