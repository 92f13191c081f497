import math

import pytest

from comparisons.metrics import performance_rating

FIVE = [2000, 1800, 1600, 1400, 1200]
TEN = [3000, 2600, 2400, 2200, 2000, 1800, 1600, 1400, 1200, 1000]
FIFTEEN = [1900, 1800, 1700, 1650, 1600, 1500, 1450, 1400, 1300, 1200, 1150, 1100, 1050, 1000, 900]


@pytest.mark.parametrize(("rank", "rating"), [(2, 1961.3), (2.5, 1829.4), (3, 1712.1), (4, 1487.9), (5, 1238.7)])
def test_performance_rating_of_one_contest(rank, rating):
    assert round(performance_rating([(FIVE, rank)]).rating, 1) == rating


def test_performance_rating_has_fishers_standard_error():
    assert round(performance_rating([(FIVE, 3)]).se) == 199
    assert round(performance_rating([(TEN, 4)]).se) == 194


def test_performance_rating_of_two_contests_by_weight():
    contests = [(TEN, 4), (FIFTEEN, 2)]
    assert [round(performance_rating([one]).rating, 1) for one in contests] == [2313.2, 2027.2]
    assert round(sum(performance_rating([one]).rating for one in contests) / 2, 1) == 2170.2
    assert round(performance_rating(contests).rating, 1) == 2224.2
    assert round(performance_rating(contests, weight="opponent").rating, 1) == 2194.0


def test_performance_rating_of_first_and_last_place_diverges():
    assert performance_rating([(FIVE, 1)]) == (math.inf, math.inf)
    assert performance_rating([(FIVE, 6)]) == (-math.inf, math.inf)
    assert math.isfinite(performance_rating([(FIVE, 1), (FIVE, 6)]).rating)


def test_performance_rating_of_nonsense_is_refused():
    with pytest.raises(ValueError, match="place 7 is impossible among 5 opponents"):
        performance_rating([(FIVE, 7)])
    with pytest.raises(ValueError, match="at least one contest"):
        performance_rating([])
    with pytest.raises(ValueError, match="weight must be"):
        performance_rating([(FIVE, 3)], weight="human")
