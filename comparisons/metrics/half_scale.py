"""What brings the spread of half-samples to that of the whole pool: see `metrics.intervals` for the method.

Scale. A statistic that uses D draws has variance v / D; evaluated on D' of n draws kept without replacement it has
v / D' × (1 - c), where c is the share of its draws that another half uses, too. So deviations are multiplied by
sqrt(D' / D / (1 - c)). Random choice is a mean over all draws (D = n, D' = m, c = m / n): this is the textbook
sqrt(m / (n - m)), and rules that draw lots are taken for such a mean. Of a rule without lots, the draws are those that
are sent: D by the pool, D' by a half, c counted over the halves. For first-k, c = k / n; a rule that orders the pool
(longest-thought) sends much the same by every half, c = 1/3 to 1/2; a filter that lets half as many through sends half
as many, and is at 1 again. Measured on 200 draws, 12 problems, 1 % right, longest-thought with 1 submission: taken for
a mean over all draws, its intervals held the truth in 88 %, by what is sent in 95 %.

Lots. The score of a rule that draws lots is the mean over its seeds, and a half is replayed with fewer of them, for
time; the lots then scatter more in a half than in the score. What they add is known from the seeds themselves, so the
deviations are brought to the variance that as many seeds as the score has would give: without their error over the
half's seeds, with it over the score's. What is left of the pool's own part is unbiased: lots are drawn by place in the
order, and each half is in a new order, so that lots of two halves are independent. Below 0 it counts as 0, and only the
lots of the score remain. Measured on simulated pools in which lots decide (8 problems, 100 draws, CodeT with 1, 2 and
10 submissions, a random member of the largest cluster): 5 seeds instead of 20 made intervals wider by 8, 21, 47 and
11 %; brought to scale they were within 5 % of those of 20.

Decisions in common. A mean over lots is one over draws only as far as the lots decide. Where most of the spread is
between halves and little between lots, the pool decides (is this cluster among the largest?), and the rule steps from
one result to another as one without lots does: two halves share a third of such a decision (with a pool on the edge,
their spread is 1/4 - 1/12 of a step's 1/4). So the pool's part is divided by 1 - s / 3, s being its share of pool and
lots together. Measured on 12 problems, 2.5 % right, 10 largest clusters: widths 0.74 to 0.80 of what was needed before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from comparisons.metrics.arrays import IntArray

#: What two halves share of a decision that the whole pool takes; see the module's text.
SHARED_DECISION = 1 / 3


class Evaluation(NamedTuple):
    """What one evaluation on some rows gave: the score, and how many of these rows the rule looked at.

    Of a rule that draws lots the score is the mean over `seeds` replays, whose scores have the variance `lots`; of one
    without, `sent` are the rows that it sent. `unseen`: points left where the rule sent all it would send and had
    submissions over, so that a better draw, held by another pool, would have been sent too.
    """

    score: float
    draws_used: float
    seeds: int = 1
    lots: float = 0.0
    sent: IntArray | None = None
    unseen: float = 0.0


def scale_of(halves: Sequence[Evaluation], whole: Evaluation, n: int) -> float:
    """What brings deviations of the halves to the scale of the whole of n draws; see the module's text."""
    sent = [half.sent for half in halves if half.sent is not None]
    if whole.sent is not None and len(sent) == len(halves):
        return _scale_of_sent(sent, len(whole.sent))
    scale = scale_of_mean(n, whole.draws_used, float(np.mean([half.draws_used for half in halves])))
    variance, lots = float(np.var([half.score for half in halves])), float(np.mean([half.lots for half in halves]))
    return scale * _lots_scale(variance, lots, halves[0].seeds, whole.seeds)


def scale_of_mean(n: int, used_of_all: float, used_of_half: float) -> float:
    """The scale of a mean over so many draws of n, kept without replacement."""
    used_of_all, used_of_half = max(used_of_all, 1.0), max(used_of_half, 1.0)
    return math.sqrt(used_of_half / used_of_all * n / (n - used_of_half))


def _scale_of_sent(halves: Sequence[IntArray], n_whole: int) -> float:
    """By which rows each half sent, and how many the whole. A half sends at least half as many and at most as many:
    what deviates from that is the chance of stopping earlier or later."""
    times = np.bincount(np.concatenate(halves)).astype(np.float64)
    total = float(times.sum())
    if not total or not n_whole or len(halves) < 2:
        return 1.0
    shared = float(times @ times - total) / (len(halves) - 1) / total
    fewer = min(max(total / len(halves) / n_whole, 0.5), 1.0)
    return math.sqrt(fewer / (1 - shared))


def _lots_scale(variance: float, lots: float, seeds: int, seeds_of_all: int) -> float:
    """What brings deviations of this variance, each the mean over `seeds` lots, to those over `seeds_of_all` lots."""
    if variance <= 0 or seeds < 2:
        return 1.0
    from_pool = max(variance - lots / seeds, 0.0)
    shared = SHARED_DECISION * from_pool / (from_pool + lots) if from_pool else 0.0
    wanted = from_pool / (1 - shared) + lots / max(seeds, seeds_of_all)
    return math.sqrt(min(wanted / variance, 1 / (1 - shared)))
