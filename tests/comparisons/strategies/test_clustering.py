import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from comparisons.strategies import Failure, ProbeMatrix
from comparisons.strategies.clustering import Crashes, On, cluster, cluster_on_subtask
from tests.comparisons.strategies.pools import make_probes, make_view

CRASH, TIMEOUT, NOT_RUN = int(Failure.CRASH), int(Failure.TIMEOUT), int(Failure.NOT_RUN)


def everyone(view):
    return np.ones(len(view), dtype=bool)


def test_cluster_joins_exactly_equal_outputs():
    view = make_view(5, probes=make_probes({1: [[0, 1], [0, 2], [0, 1], [3, 1], [0, 2]]}))
    clusters = cluster(view, everyone(view))
    assert clusters.labels.tolist() == [0, 1, 0, 2, 1]
    assert clusters.sizes.tolist() == [2, 2, 1]


def test_cluster_of_whole_problem_candidates_uses_the_probes_of_every_subtask():
    view = make_view(3, probes=make_probes({1: [[0], [0], [0]], 2: [[7], [8], [7]]}))
    assert cluster(view, everyone(view)).labels.tolist() == [0, 1, 0]


def test_cluster_of_aimed_candidates_uses_their_own_subtask():
    codes = {1: [[0], [0], [0], [0]], 2: [[1], [2], [3], [3]]}
    view = make_view(4, aimed=[1, 1, 2, 2], probes=make_probes(codes))
    assert cluster(view, everyone(view)).labels.tolist() == [0, 0, 1, 1]
    assert cluster(view, everyone(view), on=On.ALL).labels.tolist() == [0, 1, 2, 2]


def test_cluster_leaves_out_ineligible_and_never_run_candidates():
    view = make_view(3, probes=make_probes({1: [[0], [NOT_RUN], [0]]}))
    assert cluster(view, np.array([True, True, False])).labels.tolist() == [0, -1, -1]


def test_cluster_treats_failures_as_asked():
    view = make_view(4, probes=make_probes({1: [[0, CRASH], [0, TIMEOUT], [0, 1], [CRASH, CRASH]]}))
    assert cluster(view, everyone(view)).labels.tolist() == [0, 1, 2, 3]
    assert cluster(view, everyone(view), crashes=Crashes.AS_ONE).labels.tolist() == [0, 0, 1, 2]
    assert cluster(view, everyone(view), crashes=Crashes.EXCLUDE).labels.tolist() == [-1, -1, 0, -1]
    assert cluster(view, everyone(view)).only_fails.tolist() == [False, False, False, True]


def test_cluster_of_a_sub_pool_agrees_with_clustering_it_afresh():
    rng = np.random.default_rng(1)
    codes = {t: rng.integers(0, 2, size=(60, 3)).astype(np.int32) for t in (1, 2)}
    view = make_view(60, probes={t: ProbeMatrix(c) for t, c in codes.items()})
    rows = rng.permutation(60)[:25]
    taken = view.take(rows).take(np.arange(5, 25))
    fresh = make_view(20, probes={t: ProbeMatrix(c[rows[5:]]) for t, c in codes.items()})
    assert cluster(taken, everyone(taken)).labels.tolist() == cluster(fresh, everyone(fresh)).labels.tolist()
    assert np.array_equal(taken.probes[1].outputs, fresh.probes[1].outputs)


def test_cluster_of_nobody_is_empty():
    view = make_view(2, probes=make_probes({1: [[0], [1]]}))
    assert len(cluster(view, np.zeros(2, dtype=bool))) == 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 9), st.sampled_from([np.int8, np.int32, np.int64]))
def test_row_labels_are_those_of_comparing_every_pair(seed, n, probes, kind):
    codes = np.random.default_rng(seed).integers(-2, 2, size=(n, probes)).astype(kind)
    labels = ProbeMatrix(codes).row_labels()
    firsts = [next(i for i in range(n) if np.array_equal(codes[i], codes[j])) for j in range(n)]
    assert labels.tolist() == [sorted(set(firsts)).index(first) for first in firsts]


def test_rows_whose_sums_collide_are_still_told_apart(monkeypatch):
    monkeypatch.setattr("comparisons.strategies.pool_view._multipliers", lambda count: np.ones(count, dtype=np.uint64))
    codes = np.array([[1, 0, 2, 0], [2, 0, 1, 0], [1, 0, 2, 0]], dtype=np.int32)
    assert ProbeMatrix(codes).row_labels().tolist() == [0, 1, 0]


def test_exclude_leaves_out_who_failed_and_not_who_was_not_run() -> None:
    codes = [[0, 1], [0, CRASH], [0, NOT_RUN], [NOT_RUN, NOT_RUN], [0, 1]]
    view = make_view(5, probes=make_probes({1: codes}))
    assert cluster(view, everyone(view), crashes=Crashes.EXCLUDE).labels.tolist() == [0, -1, 1, -1, 0]
    lane = cluster_on_subtask(view, everyone(view), 1, crashes=Crashes.EXCLUDE)
    assert lane.labels.tolist() == [0, -1, 1, 2, 0]
