import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.metrics import (
    coverage,
    expected_best,
    expected_best_by_subtask,
    expected_best_of_many,
    n_at_k,
    pass_at_k,
    task_score,
)
from tests.environment import examples

# Table 1 of arXiv:2502.06807v2: candidates right of 1,162 by problem; s = solved by the learned ranking with ten
# submissions. Below it the column "pass@10 (no ranking)" to the two digits that are printed.
TABLE_1 = """
1909 A1156s B1066s C1075s D1099s E703s F1:57s F2:0 G3 H0 I0
1916 A1157s B1133s C1145s D483s E6s F369s G0 H1:1059s H2:1045s
1919 A1161s B1141s C499s D25s E6s F1:1090s F2:227s G0 H0
1942 A1157s B1157s C1:999s C2:525s D1061s E347s F0 G239s H0
1943 A116s B1 C160s D1:848s D2:14s E1:0 E2:0 F0
1951 A1157s B1150s C1155s D875s E1009s F53s G34s H1 I0
1965 A1143s B1064s C313s D690s E0 F0
1967 A1088s B1:1154s B2:1149s C1116s D9s E1:0 E2:0 F0
1975 A1161s B1091s C492s D9s E80s F12s G0 H0 I0
1984 A1161s B1158s C1:914s C2:768s D193s E849s F918s G0 H138s
2002 A1161s B1152s C1096s D1:1067s D2:805s E232s F1:12s F2:7 G143s H0
2006 A945s B1149s C811s D2 E4 F0"""
PRINTED_PASS_AT_10 = """
1.00 1.00 1.00 1.00 1.00 0.40 0.00 0.03 0.00 0.00
1.00 1.00 1.00 1.00 0.05 0.98 0.00 1.00 1.00
1.00 1.00 1.00 0.20 0.05 1.00 0.89 0.00 0.00
1.00 1.00 1.00 1.00 1.00 0.97 0.00 0.90 0.00
0.65 0.01 0.77 1.00 0.11 0.00 0.00 0.00
1.00 1.00 1.00 1.00 1.00 0.37 0.26 0.01 0.00
1.00 1.00 0.96 1.00 0.00 0.00
1.00 1.00 1.00 1.00 0.08 0.00 0.00 0.00
1.00 1.00 1.00 0.08 0.51 0.10 0.00 0.00 0.00
1.00 1.00 1.00 1.00 0.84 1.00 1.00 0.00 0.72
1.00 1.00 1.00 1.00 1.00 0.89 0.10 0.06 0.73 0.00
1.00 1.00 1.00 0.02 0.03 0.00"""


def table_1() -> dict[str, tuple[int, bool]]:
    """By problem: how many of its 1,162 candidates are right, and whether the ranked ten solved it."""
    rows = (line.split() for line in TABLE_1.split("\n") if line)
    found = {}
    for contest, *cells in rows:
        for cell in cells:
            name, count, mark = re.fullmatch(r"([A-Z]\d(?=:)|[A-Z]):?(\d+)(s?)", cell).groups()
            found[contest + name] = (int(count), bool(mark))
    return found


def test_pass_at_k_of_the_published_example():
    assert round(pass_at_k(1162, 57, k=10), 2) == 0.40


def test_pass_at_k_over_the_published_table():
    table = table_1()
    counts = [count for count, _ in table.values()]
    assert len(table) == 102
    assert sum(solved for _, solved in table.values()) == 73
    assert 102 * coverage([(1162, count) for count in counts], k=1162) == pytest.approx(79)
    assert round(sum(pass_at_k(1162, c, k=1) for c in counts), 1) == 45.6
    assert round(sum(pass_at_k(1162, c, k=10) for c in counts), 3) == 61.744


@pytest.mark.parametrize(("problem", "printed"), list(zip(table_1(), PRINTED_PASS_AT_10.split(), strict=True)))
def test_pass_at_10_is_what_the_published_table_prints(problem: str, printed: str) -> None:
    assert f"{pass_at_k(1162, table_1()[problem][0], k=10):.2f}" == printed


@given(st.integers(1, 40), st.data())
def test_pass_at_k_equals_the_ratio_of_binomials(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    assert pass_at_k(n, c, k=k) == pytest.approx(1 - math.comb(n - c, k) / math.comb(n, k))


@pytest.mark.parametrize(("n", "c", "k"), [(5, 6, 1), (5, 1, 6), (5, 1, 0), (0, 0, 1)])
def test_pass_at_k_undefined_is_refused(n, c, k):
    with pytest.raises(ValueError, match="must lie between"):
        pass_at_k(n, c, k=k)


def test_n_at_k_of_known_values():
    assert round(n_at_k(1000, 50, 5, k=100, n=10), 5) == 0.40976
    assert round(pass_at_k(1000, 5, k=100), 5) == 0.41017
    assert round(n_at_k(1000, 50, 5, k=100, n=1), 5) == 0.09955
    assert round(n_at_k(1000, 50, 5, k=1000, n=10), 5) == 0.68944
    assert n_at_k(1000, 50, 5, k=100, n=100) == pytest.approx(pass_at_k(1000, 5, k=100))


def test_n_at_k_when_nobody_passes_is_0():
    assert n_at_k(10, 0, 0, k=5, n=2) == 0.0


def test_n_at_k_at_a_million_draws():
    assert n_at_k(1_000_000, 10_000, 10, k=1_000_000, n=10) == pytest.approx(pass_at_k(10_000, 10, k=10))


def test_task_score_of_ioi_2024_is_max_per_subtask():
    tasks = {
        "nile": [[6, 13, 17, 11, 20, 15, 18]],
        "message": [[10, 90 * 0.95**5]],
        "tree": [[10, 0, 0, 7, 0, 0, 0], [0, 13, 0, 0, 0, 0, 0]],
        "hieroglyphs": [[3, 15, 0, 16, 0, 0], [0, 0, 10, 0, 0, 0]],
        "mosaic": [[5, 7, 0, 10, 0, 0, 0, 0], [5, 0, 7, 0, 8, 0, 0, 0]],
        "sphinx": [[1.5, 3.5, 16.5, 10.5, 18], [3, 7, 33, 0, 0]],
    }
    assert round(sum(task_score(sent) for sent in tasks.values()), 2) == 362.14
    # What the published per-submission texts add up to when Mosaic's shared subtask counts twice.
    mosaic_summed = float(np.sum(tasks["mosaic"]))
    others = sum(task_score(sent) for name, sent in tasks.items() if name != "mosaic")
    assert round(others + mosaic_summed, 2) == 367.14


def test_task_score_of_message_is_not_rounded():
    # 71 packets: 79.6402…, which CMS shows as 79.64.
    assert task_score([[10, 90 * 0.95**5]]) == 10 + 90 * 0.95**5


def test_task_score_of_nothing_sent_is_0():
    assert task_score([]) == 0.0


def test_task_score_of_an_unjudged_submission_is_refused():
    with pytest.raises(ValueError, match="unjudged"):
        task_score([[1.0, float("nan")]])


def two_subtasks():
    scores = np.zeros((8, 2))
    scores[[0, 1], 0] = 30
    scores[1, 1], scores[2, 1] = 35, 70
    return scores


def test_expected_best_of_the_worked_example():
    mean, sd = expected_best(two_subtasks(), k=3)
    assert (round(mean, 4), round(sd, 3)) == (54.9107, 33.414)
    assert expected_best_by_subtask(two_subtasks(), k=3).tolist() == pytest.approx([135 / 7, 285 / 8])


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 7), st.integers(1, 3), st.integers(0, 10**6), st.data())
def test_expected_best_equals_enumeration(n, subtasks, lots, data):
    k = data.draw(st.integers(1, n))
    scores = np.random.default_rng(lots).integers(0, 4, size=(n, subtasks)) * 2.5
    every = [scores[list(rows)].max(axis=0).sum() for rows in itertools.combinations(range(n), k)]
    mean, sd = expected_best(scores, k=k)
    assert mean == pytest.approx(np.mean(every))
    assert sd == pytest.approx(np.std(every), abs=1e-6)


def test_expected_best_in_blocks_is_the_same(monkeypatch):
    scores = np.random.default_rng(0).random((50, 2))
    whole = expected_best(scores, k=7)
    monkeypatch.setattr("comparisons.metrics.estimators._BLOCK_CELLS", 120)
    assert expected_best(scores, k=7) == pytest.approx(whole)


@pytest.mark.parametrize("k", [0, 9])
def test_expected_best_of_an_impossible_k_is_refused(k):
    with pytest.raises(ValueError, match="must lie between 1"):
        expected_best(two_subtasks(), k=k)


def test_expected_best_of_many_agrees_with_the_expectation_of_each() -> None:
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 4, (12, 3)).astype(float)
    rows = np.array([rng.permutation(12)[:6] for _ in range(5)])
    expected = [expected_best(scores[one], k=2).mean for one in rows]
    assert np.allclose(expected_best_of_many(scores, rows, k=2), expected, rtol=0, atol=1e-12)
