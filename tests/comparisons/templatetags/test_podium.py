"""The pieces that templates share."""

from __future__ import annotations

from comparisons.queries import candidates
from comparisons.templatetags import podium


def test_delta_is_coloured_only_where_it_is_shown_over_problems() -> None:
    classes = [
        podium.delta(5.0, "problems"),
        podium.delta(-5.0, "problems"),
        podium.delta(5.0, "draws"),
        podium.delta(None),
    ]
    assert [html.split('"')[1] if '"' in html else html for html in classes] == [
        "delta up",
        "delta down",
        "delta same",
        "–",
    ]


def test_verdict_carries_its_words() -> None:
    assert podium.verdict("TLE") == '<span class="v v-TLE" title="time limit exceeded">TLE</span>'


def test_heat_cell_of_a_missing_value_is_hatched_and_says_so() -> None:
    assert podium.heat_cell(None, 30.0, "Nile 2") == '<td class="q-none" title="Nile 2: missing">–</td>'
    assert podium.heat_cell(float("nan"), 30.0, "Nile 2") == podium.heat_cell(None, 30.0, "Nile 2")


def test_heat_cell_steps_by_share_of_the_points() -> None:
    steps = [podium.heat_cell(value, 40.0, "x").split('"')[1] for value in (0.0, 18.0, 20.0, 40.0)]
    assert steps == ["q0", "q4", "q5", "q10"]


def test_meter_never_runs_over() -> None:
    assert 'width="100.0"' in podium.meter(12, 10, "done")


def test_icon_is_hidden_from_screen_readers_and_has_no_style() -> None:
    html = podium.icon("upload")
    assert ('aria-hidden="true"' in html, "style=" in html) == (True, False)


def test_verdict_bar_says_its_counts() -> None:
    assert 'aria-label="3 AC, 1 WA"' in podium.verdict_bar([("AC", 3), ("WA", 1)])


def test_test_near_the_limit_shows_all_its_readings() -> None:
    cell = candidates.TestCell("secret/1", "TLE", 1.02, 3.0, is_sample=False, is_near=True, readings=(1.05, 1.02))
    html = podium.test_cell(cell)
    assert 'class="v-TLE near"' in html
    assert "; near the limit, repeated alone: 1.05, 1.02 s" in html
