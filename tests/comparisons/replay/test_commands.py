"""`replay` and `compare`: one JSON object, files, and exit codes."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class

from comparisons.models import Comparison, Pool, ProblemVersion
from tests.comparisons.replay.judged import FACTS_SCORES, make_pool, make_set
from tests.comparisons.replay.test_comparisons import drawn, make_problems

pytestmark = pytest.mark.django_db


def run_command(*arguments: object) -> tuple[int, dict[str, Any], str]:
    """(exit code, the object on standard output, standard error)."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(*[str(one) for one in arguments], "--json", stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue()), err.getvalue()


def replay(pool: Pool, strategy: str, *arguments: object) -> dict[str, Any]:
    code, data, error = run_command("replay", "--pool", pool.pk, "--strategy", strategy, *arguments)
    assert (code, error) == (0, "")
    return data


def test_replay_prints_the_run() -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES})
    data = replay(pool, "first-k", "--budget", 2)
    latency = data.pop("latency_s")
    # One second of calls, and what choosing took on this machine.
    assert latency >= 1.0
    assert data == {
        "run": data["run"],
        "state": "done",
        "kind": "strategy",
        "score": 65.0,
        "sd": None,
        "points": 100.0,
        "seeds": 1,
        "cost_usd": 0.004,
        "problems": [
            {
                "slug": "nile",
                "score": 65.0,
                "submissions": 2.0,
                "subtasks": [{"index": 1, "score": 30.0}, {"index": 2, "score": 35.0}],
            }
        ],
    }
    assert replay(pool, "first-k", "--budget", 2)["run"] == data["run"]
    assert replay(pool, "public-filter", "--option", "order=random")["seeds"] == 20


def test_replay_refuses_in_one_line() -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES})
    for arguments, words in (
        (("--strategy", "largest-cluster"), f"run `probe_pool {pool.pk}` first"),
        (("--strategy", "first-k", "--judging", 99), f"Pool {pool.pk} has no judging 99."),
        (("--strategy", "first-k", "--budget", 0), "at least 1 is needed"),
        (("--strategy", "first-k", "--budget", 10**20), "A budget is at most 1,000,000 submissions a problem, not 1"),
        (("--strategy", "first-k", "--seeds", 0), "A run has between 1 and 1000 seeds, not 0."),
        (("--strategy", "first-k", "--seeds", 10**20), "A run has between 1 and 1000 seeds, not 1"),
        (("--strategy", "o1-ioi", "--option", "errors_weight=1e308"), "from 0 to 1,000,000, not '1e308'"),
    ):
        code, data, error = run_command("replay", "--pool", pool.pk, *arguments)
        assert code == 1 and words in data["error"] and error.strip() == data["error"]


def test_public_filter_where_no_problem_has_public_tests_is_refused() -> None:
    """It would be first-k under another name."""
    pool = make_pool(make_set({"beads": [30, 70]}), {"beads": FACTS_SCORES})
    ProblemVersion.objects.update(n_samples=0)
    code, data, error = run_command("replay", "--pool", pool.pk, "--strategy", "public-filter", "--budget", 3)
    said = f"public-filter goes by public tests alone, and no problem of pool {pool.pk} has any: it would leave nobody"
    assert (code, "run" in data, error) == (1, False, said + " out.\n")


@pytest.mark.parametrize("name", ["replay", "compare", "ablate", "fit"])
def test_commands_without_wait_and_inline_say_that_they_work_in_this_process(name: str) -> None:
    command = load_command_class("comparisons", name)
    usage = command.create_parser("manage.py", name).format_help()
    assert command.help.endswith("Works in this process, without workers.")
    assert ("--wait" in usage, "--inline" in usage) == (False, False)


def test_arguments_of_another_form_are_wrong_usage_and_store_nothing() -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": FACTS_SCORES})
    run = replay(pool, "first-k")["run"]
    for arguments, words in (
        (("replay", "--pool", pool.pk, "--strategy", "first-k", "--option", "stop"), "'stop' is not of the form"),
        (("compare", "--like", 1, "--replace", "x"), "'x' is not of the form KEY=VALUE"),
        (("compare", run, "--export", "x", "--format", "csv,docx"), "no export as 'docx'"),
        (("add_model", "m", "--name", "m", "--parameter", "max_tokens"), "'max_tokens' is not of the form"),
        (("add_model", "m", "--name", "m", "--training-cost", "much"), "invalid usd value: 'much'"),
        (("add_model", "m", "--name", "m", "--knowledge-cutoff", "spring"), "'spring' is no date"),
        (("replay", "--pool", pool.pk, "--strategy", "first-k", "--seed=-1"), "-1 is not from 0 to 2147483647"),
        (("fit", "--pool", pool.pk, "--seed", 2**31), "2147483648 is not from 0 to 2147483647"),
        (("compare",), "Name the runs to compare"),
    ):
        with pytest.raises(CommandError, match=words):
            run_command(*arguments)
    assert not Comparison.objects.exists()


def test_compare_prints_runs_and_pairs_and_writes_files(tmp_path: Path) -> None:
    pool = drawn(make_problems(), "one", 0.1)
    floor, run = replay(pool, "random-k", "--budget", 5), replay(pool, "first-k", "--budget", 5)
    target = tmp_path / "new" / "files"
    code, data, _ = run_command("compare", run["run"], floor["run"], "--export", target, "--format", "json,csv")
    assert code == 0
    assert [row["run"] for row in data["runs"]] == [run["run"], floor["run"]]
    assert sorted(data["runs"][0]) == ["cost_usd", "latency_s", "over_draws", "run", "score"]
    (pair,) = data["pairs"]
    assert (pair["run"], pair["baseline"], pair["difference"]) == (
        run["run"],
        floor["run"],
        run["score"] - floor["score"],
    )
    assert sorted(Path(name).suffix for name in data["files"]) == [".csv", ".json"]
    assert all(Path(name).stat().st_size for name in data["files"])
    single = tmp_path / "report.json"
    _, data, _ = run_command("compare", run["run"], floor["run"], "--export", single)
    assert data["files"] == [str(single)] and json.loads(single.read_text())["schema"] == "podium-comparison"


def test_fail_below_ends_with_1_where_an_interval_lies_below() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    run = replay(pool, "random-k", "--budget", 5)
    code, data, error = run_command("compare", run["run"], "--fail-below", 599)
    assert code == 1 and "lies below 599 points" in error and data["runs"][0]["run"] == run["run"]
    assert run_command("compare", run["run"], "--fail-below", run["score"])[0] == 0


def test_fail_below_ends_with_1_where_a_loss_is_shown() -> None:
    problem_set = make_problems()
    weak, strong = drawn(problem_set, "weak", 0.02), drawn(problem_set, "strong", 0.4)
    a, b = replay(weak, "random-k", "--budget", 5), replay(strong, "random-k", "--budget", 5)
    code, _, error = run_command("compare", a["run"], b["run"], "--baseline", b["run"], "--fail-below", 0)
    assert code == 1 and "weak · random-k loses against strong · random-k, shown over problems" in error
    assert run_command("compare", a["run"], b["run"], "--baseline", a["run"], "--fail-below", 0)[0] == 0


def test_like_replaces_a_run() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    floor, old, new = (replay(pool, slug, "--budget", 5)["run"] for slug in ("random-k", "first-k", "public-filter"))
    _, first, _ = run_command("compare", floor, old)
    code, second, _ = run_command("compare", "--like", first["comparison"], "--replace", f"{old}={new}")
    assert code == 0 and [row["run"] for row in second["runs"]] == [floor, new]
    assert second["pairs"][0]["baseline"] == floor and second["comparison"] != first["comparison"]
    code, data, _ = run_command("compare", "--like", first["comparison"], "--replace", "999=1")
    assert code == 1 and "has no run 999" in data["error"]


def test_plan_prints_problems_draws_and_dollars() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    floor, first = (replay(pool, strategy, "--budget", 5) for strategy in ("random-k", "first-k"))
    _, compared, _ = run_command("compare", floor["run"], first["run"], "--baseline", floor["run"])
    code, data, _ = run_command("plan", compared["comparison"], "--difference", 5)
    assert (code, data["comparison"], data["power"]) == (0, compared["comparison"], 0.8)
    assert [(row["run"], row["difference"]) for row in data["plans"]] == [(first["run"], 5.0)]
    assert run_command("plan", compared["comparison"], "--power", 2)[2] == "--power lies between 0 and 1, not at 2.\n"
    assert run_command("plan", 999)[2] == "There is no finished comparison 999.\n"


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
def test_numbers_that_are_none_are_wrong_usage(number: str) -> None:
    """Against NaN no score is too low, so a check by it would always pass."""
    for words in (
        ("plan", 1, f"--difference={number}"),
        ("compare", 1, f"--fail-below={number}"),
        ("rate", 1, f"--rated={number}"),
    ):
        with pytest.raises(CommandError, match=f"'{number}' is no number"):
            run_command(*words)


def test_plan_of_a_difference_out_of_all_proportion_says_so() -> None:
    pool = drawn(make_problems(), "one", 0.1)
    floor, first = (replay(pool, strategy, "--budget", 5) for strategy in ("random-k", "first-k"))
    _, compared, _ = run_command("compare", floor["run"], first["run"], "--baseline", floor["run"])
    for tiny in ("1e-300", "1e-7"):
        code, data, _ = run_command("plan", compared["comparison"], "--difference", tiny)
        (row,) = data["plans"]
        assert (code, row["problems"], row["draws"]) == (0, None, None)
        assert row["reason"] == ("no set of problems like these would show it; draws: no number of them would show it")
    code, _, error = run_command("plan", compared["comparison"], "--difference", "1e300")
    assert (code, error) == (1, "--difference lies above 0 and up to 1,000,000,000 points, not at 1e+300.\n")
