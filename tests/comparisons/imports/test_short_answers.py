"""Short answers from the file of problems to the comparison, hostile formulas among them."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from judge import formulas
from judge.sandbox import Sandbox
from tests.comparisons.imports.packages import write_lines
from tests.comparisons.imports.test_completions import make_pool, make_set, outcomes

QUESTION = {"id": "square", "problem": "Square x + 1.", "answer": "x^2+2x+1", "match": "symbolic"}
BOMBS = (
    "9**9**9**9", "9^{9^{9^{9^{9}}}}", "((((((9!)!)!)!)!)!)", "\\frac{" * 120 + "1" + "}{2}" * 120, "9" * 3999,
    "⑳" * 3000, "\\boxed{" * 500, "x" * 100_000,
)  # fmt: skip


@pytest.mark.django_db
def test_answers_go_from_the_file_to_the_comparison_and_bombs_are_wrong(
    tmp_path: Path, client: Client, sandbox: Sandbox
) -> None:
    problem_set = make_set(tmp_path, QUESTION)
    answers = ["(x+1)^2", *BOMBS, "x^2", "(x+1)^2", "1+2x+x^2", "(x+1)^2"]
    lines = [{"problem": "square", "answer": answer} for answer in answers]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    assert outcomes(report) == {"square": {"AC": 4, "WA": len(BOMBS) + 1}}
    user = problem_set.created_by
    runs = [
        run_inline(start_run(user, pool=report.pool, strategy=rule, budget=1, is_inline=True))
        for rule in ("majority", "random-k")
    ]
    # cons@k: the answer given three times is the largest cluster, and right.
    assert (runs[0].state, runs[0].score, runs[1].score) == ("done", 1.0, pytest.approx(4 / len(answers)))
    comparison = compare_inline(create_comparison(user, runs=runs, is_inline=True))
    client.force_login(user)
    bomb = report.pool.candidates.get(answer="9**9**9**9")
    pages = ["/problem-sets/own/square/", f"/pools/{report.pool.pk}/", f"/candidates/{bomb.pk}/"]
    pages += [f"/pools/{report.pool.pk}/problems/square/", *(f"/runs/{run.pk}/" for run in runs)]
    pages += [f"/comparisons/{comparison.pk}/"]
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_formula_has_so_much_time_and_memory_and_no_more() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    helper = formulas._Helper()
    try:
        said = [*(helper.ask(["1", bomb]) for bomb in BOMBS[:2]), helper.ask(["(x+y+z)^{999}"])]
        assert (said, helper.ask(["1/2", "\\frac{2}{4}"])) == ([""] * 3, "equal")
    finally:
        helper.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The helper's own second or two of loading, and a child's last second between the two limits.
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent_s < 3 * (formulas.CPU_S + 1) + 20
    assert after.ru_maxrss * 1024 <= max(formulas.MEMORY_BYTES, before.ru_maxrss * 1024)


@pytest.mark.django_db
def test_answers_that_an_exact_match_tells_apart_are_no_cluster(tmp_path: Path, sandbox: Sandbox) -> None:
    problem_set = make_set(
        tmp_path, {"id": "two", "problem": "How many, in words of one digit?", "answer": "2", "match": "exact"}
    )
    lines = [{"problem": "two", "answer": answer} for answer in ("2.0", "2", "2.00", "$2$")]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    assert outcomes(report) == {"two": {"AC": 2, "WA": 2}}
    run = run_inline(start_run(problem_set.created_by, pool=report.pool, strategy="majority", budget=1, is_inline=True))
    assert run.score == 1.0
