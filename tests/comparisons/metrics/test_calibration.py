import math

import numpy as np
import pytest

from comparisons.metrics.calibration import auc, calibration, log_loss


def test_known_figures():
    p, y = np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])
    found = calibration(p, y, bins=2)
    assert found.auc == 0.75
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)
    assert found.log_loss == pytest.approx(-(math.log(0.9) + math.log(0.6) + math.log(0.35) + math.log(0.8)) / 4)
    assert [(b.n, b.predicted, b.observed) for b in found.bins] == [
        (2, pytest.approx(0.225), 0.5),
        (2, pytest.approx(0.6), 0.5),
    ]


def test_wilson_interval_of_a_bin():
    # 8 of 10: the textbook's 0.490 to 0.943.
    (only,) = calibration(np.full(10, 0.5), np.array([1.0] * 8 + [0.0] * 2), bins=1).bins
    assert (round(only.lo, 3), round(only.hi, 3)) == (0.49, 0.943)


def test_ties_count_half_and_one_outcome_alone_has_no_auc():
    assert auc(np.full(4, 0.3), np.array([0.0, 1.0, 0.0, 1.0])) == 0.5
    assert auc(np.array([0.1, 0.9]), np.array([1.0, 1.0])) is None
    assert log_loss(np.array([0.0]), np.array([1.0])) == pytest.approx(-math.log(1e-15))


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="predictions"):
        calibration(np.empty(0), np.empty(0))
