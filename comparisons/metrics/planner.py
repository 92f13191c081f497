"""How many problems, or draws, would show a difference: for planning, from the spread of what was seen."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.student import student_quantile

#: The chance that is planned for wherever none is named: one on every page, in every sentence and file.
POWER = 0.8
#: Beyond this many problems the answer is "not with sets like this one".
MOST_PROBLEMS = 1_000_000
#: And beyond this many draws of a unit "not with draws"; AlphaCode, who drew most, stopped at a million.
MOST_DRAWS = 1_000_000_000
#: A larger difference per problem is no number of points.
MOST_POINTS = 1_000_000_000


class Plan(NamedTuple):
    """problems: how many problems like these; None where no number up to a million would do, or where all differ alike
    (sd 0), so that nothing says how others would. difference: the mean per
    problem it is for. sd: spread of the difference from problem to problem. power: chance to show it."""

    problems: int | None
    difference: float
    sd: float
    power: float


def problems_for(
    differences: npt.ArrayLike, *, difference: float | None = None, level: float = 0.95, power: float = POWER
) -> Plan:
    """The fewest problems on which a mean difference per problem would be shown by a t interval at `level`.

    differences: of two runs, one per problem seen. difference: what is to be shown, per problem; None = the mean seen.
    power: the chance that it is then shown; 0.5 puts the expected edge of the interval on 0. Raises ValueError with
    fewer than two problems or a difference of 0.
    """
    seen = np.asarray(differences, dtype=np.float64).ravel()
    if len(seen) < 2:
        raise ValueError("a plan needs the differences on at least two problems")
    wanted = abs(float(seen.mean()) if difference is None else difference)
    if not wanted:
        raise ValueError("no number of problems shows a difference of 0")
    sd = float(seen.std(ddof=1))
    if float(np.ptp(seen)) <= 1e-12 * max(1.0, float(np.abs(seen).max())):
        return Plan(None, wanted, 0.0, power)

    def is_enough(m: int) -> bool:
        reach = student_quantile(0.5 + level / 2, m - 1) + student_quantile(power, m - 1)
        return reach * sd / math.sqrt(m) < wanted

    if not is_enough(MOST_PROBLEMS):
        return Plan(None, wanted, sd, power)
    low, high = 1, 2
    while not is_enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return Plan(high, wanted, sd, power)


def draws_for(
    half_width: float, draws: int, difference: float, *, is_mean: bool, level: float = 0.95, power: float = POWER
) -> int | None:
    """The fewest draws per unit on which a difference would be shown by an over-draws interval at `level`, which has
    this half-width at `draws`.

    is_mean: are both scores means over all draws (random choice)? Then the width goes with one over the square root
    of the draws. The score of any other rule is one outcome of its pool, and a larger pool makes it no surer; means
    over several pools are, so the answer is whole pools of `draws` each. power: the chance that it is then shown; 0.5
    puts the expected edge of the interval on 0. None where no number up to a thousand million would do. Raises
    ValueError for a difference of 0.
    """
    if not difference:
        raise ValueError("no number of draws shows a difference of 0")
    if half_width < 0 or draws < 1:
        raise ValueError("a half-width is at least 0, and draws at least 1")
    normal = NormalDist()
    reach = half_width * (1 + normal.inv_cdf(power) / normal.inv_cdf(0.5 + level / 2))
    times = reach / abs(difference)
    if times > math.sqrt(MOST_DRAWS / draws):
        return None
    pools = times**2
    return max(draws, math.floor(draws * pools) + 1) if is_mean else draws * max(1, math.floor(pools) + 1)
