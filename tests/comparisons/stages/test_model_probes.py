"""Probes that a model makes: its programs drawn under a cap, run in the sandbox, kept by the 75 % rule."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from comparisons.actions import Refused
from comparisons.actions.judging import pause, resume, start_judging, start_probing, work_inline
from comparisons.actions.language_models import add_price
from comparisons.actions.problems import import_problem_set
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import (
    LanguageModel,
    Pool,
    PoolState,
    Probes,
    ProbeSet,
    Probing,
    ProblemSet,
    Request,
    User,
    blobs,
)
from comparisons.samplers.recipes import RecipeError
from comparisons.stages.pool_reading import probes_of
from tests.comparisons.asked import PRICE, STATEMENT, make_asked_model, make_recorded_model
from tests.comparisons.helper_programs import GENERATOR, SUM, TAKES_NONE, VALIDATOR, recorded
from tests.comparisons.judged import PROGRAMS, make_pool, write_package
from tests.comparisons.samplers.providers.serving import serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

COUNTS = {"generators": 4, "validators": 5, "brute_force": 3, "language": "python3", "brute_force_s": 1.0}
NAMES = list(PROGRAMS)
#: 1,000 input tokens and 200 of output at `PRICE`.
CALL_USD = Decimal("0.003")


@pytest.fixture
def problem_set(user: User, tmp_path: Path) -> ProblemSet:
    """Problem "first", with a statement."""
    write_package(tmp_path / "set/first", **{"problem_statement/problem.en.md": STATEMENT})
    return import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False).problem_set


@pytest.fixture
def model(user: User, tmp_path: Path) -> LanguageModel:
    made = make_recorded_model(user, tmp_path, recorded())
    add_price(made.created_by, made, PRICE)
    return made


@pytest.fixture
def pool(user: User, problem_set: ProblemSet, model: LanguageModel) -> Pool:
    return make_pool(problem_set, model, user, list(PROGRAMS.values()))


def probe(user: User, pool: Pool, *, n: int = 12, cap: str | None = None, **recipe: Any) -> Probing:
    """The pool run on probes of its model, as far as that goes in this process."""
    wanted = {**COUNTS, "max_tokens": 1000, **recipe}
    cost = None if cap is None else Decimal(cap)
    probing = start_probing(user, pool, source="model", n=n, recipe=wanted, max_cost_usd=cost)
    work_inline(pool)
    probing.refresh_from_db()
    pool.refresh_from_db()
    probing.probe_set.refresh_from_db()
    return probing


def made(probing: Probing, subtask: int = 1) -> Probes:
    return probing.probe_set.probes.get(subtask=subtask)


def texts(probes: Probes) -> list[str]:
    return [blobs.get(digest).decode() for digest in probes.inputs]


def test_probes_are_distinct_valid_and_told_by_program(user: User, pool: Pool) -> None:
    probing = probe(user, pool)
    assert (probing.state, probing.probe_set.state, pool.state) == ("done", "done", "done")
    assert probing.probe_set.is_privileged is False
    row = made(probing)
    found = texts(row)
    assert len(found) == len(set(found)) == 12
    assert [text.split()[1] for text in found] == ["0"] * 12
    assert not any(text.startswith("-") for text in found)
    report = row.report
    assert (report["voters"], report["needed"]) == (5, 4)
    good, half, crashes, broken = report["generators"]
    assert (good["error"], good["failed"], good["accepted"]) == ("", 0, good["distinct"])
    assert half["accepted"] == half["distinct"] - 1  # "-1 0" is made once, and rejected
    assert (crashes["failed"], crashes["flag"]) == (crashes["runs"], "makes nothing")
    assert broken["error"].startswith("does not compile")
    right, _, _, takes_all, takes_none = report["validators"]
    assert (right["agreed"], right["flag"], right["takes_nonsense"]) == (right["seen"], "", False)
    assert (takes_all["flag"], takes_all["takes_nonsense"]) == ("accepts everything", True)
    assert (takes_none["flag"], takes_none["accepted"]) == ("rejects everything", 0)
    assert report["distinct"] == row.n_made - row.n_dropped == right["seen"]


def test_brute_force_says_what_small_probes_expect(user: User, pool: Pool) -> None:
    probing = probe(user, pool)
    row = made(probing, 2)
    sizes = [len(text) for text in texts(row)]
    assert [share is not None for _, share, *_ in row.expected] == [size <= 256 for size in sizes]
    ids = pool.candidates.order_by("index").values_list("pk", flat=True)
    matrices, _ = probes_of(list(probing.problems.all()), list(ids))
    assert matrices is not None
    matrix = matrices[2]
    small = matrix.expected >= 0
    assert small.tolist() == [size <= 256 for size in sizes]
    assert (matrix.outputs[NAMES.index("right")] == matrix.expected)[small].all()
    agrees = (matrix.outputs[NAMES.index("partial")] == matrix.expected)[small].tolist()
    assert agrees == [text.split()[1] == "0" for text, is_small in zip(texts(row), small, strict=True) if is_small]
    assert (matrix.outputs[NAMES.index("wrong")] != matrix.expected).all()
    assert [(one["agreed"], one["clean"]) for one in row.report["brute_force"]][:2] == [(small.sum(), small.sum())] * 2


def test_brute_force_says_what_is_expected_of_rounded_outputs_too(user: User, pool: Pool) -> None:
    halves = "a, b = map(int, input().split())\nprint(f'{a + b}.000001')\n"
    pool.candidates.filter(index=NAMES.index("right")).update(source=halves, program_hash="halves")
    exact = probe(user, pool)
    rounded = start_probing(user, pool, probe_set=exact.probe_set, equality="rounded")
    work_inline(pool)
    ids = list(pool.candidates.order_by("index").values_list("pk", flat=True))
    agreeing = []
    for probing in (exact, rounded):
        matrices, _ = probes_of(list(probing.problems.all()), ids)
        assert matrices is not None
        matrix, right = matrices[2], NAMES.index("right")
        agreeing.append((matrix.outputs[right] == matrix.expected)[matrix.expected >= 0].tolist())
    assert (any(agreeing[0]), all(agreeing[1]), len(agreeing[1]) > 0) == (False, True, True)


def test_run_that_trusts_brute_force_says_how_accepted_programs_see_it(user: User, pool: Pool) -> None:
    start_judging(user, pool)
    probing = probe(user, pool)
    trusting, other = (
        run_inline(start_run(user, pool=pool, strategy=slug, budget=2, probing=probing, is_inline=True))
        for slug in ("cross-check", "largest-cluster")
    )
    found = trusting.details["brute_force"]
    assert (found["contradicted"], found["against_all"]) == (0, 0)
    assert found["accepted"] > 0 and found["probes"] > 0
    assert "brute_force" not in other.details


def test_programs_are_drawn_once_whoever_asks(user: User, pool: Pool, model: LanguageModel) -> None:
    first = probe(user, pool)
    programs = first.probe_set.programs
    assert programs is not None
    assert (programs.requests.count(), programs.candidates.count(), programs.state) == (24, 24, "done")
    assert list(Pool.objects.visible_to(user)) == [pool]
    other = make_pool(pool.problem_set, model, user, [SUM])
    second = probe(user, other)
    assert second.probe_set == first.probe_set
    assert (ProbeSet.objects.count(), programs.requests.count()) == (1, 24)
    assert probe(user, pool, validators=4).probe_set != first.probe_set


def test_run_pays_for_every_call_that_made_its_probes(user: User, pool: Pool) -> None:
    probing = probe(user, pool)
    start_judging(user, pool)
    runs = [start_run(user, pool=pool, strategy=slug, budget=2) for slug in ("largest-cluster", "first-k")]
    work_inline(pool)
    for run in runs:
        run.refresh_from_db()
    with_probes, without = runs
    assert (with_probes.probing, with_probes.is_privileged, without.probing) == (probing, False, None)
    # 24 calls of 1,000 tokens in and 200 out; what the imported candidates cost is unknown.
    assert (with_probes.cost_usd, with_probes.cost_is_lower_bound) == (24 * CALL_USD, True)
    assert without.cost_usd is None
    Request.objects.filter(pk=Request.objects.latest("pk").pk).update(input_tokens=None)
    again = start_run(user, pool=pool, strategy="largest-cluster", budget=3)
    work_inline(pool)
    again.refresh_from_db()
    assert again.cost_usd == 23 * CALL_USD
    assert "the cost of 1 of 24 calls that made the probes" in again.details["cost_missing"]


def test_before_validation_counts_what_was_made(user: User, pool: Pool) -> None:
    row = made(probe(user, pool, counted="made"))
    assert (row.report["distinct"], row.n_valid) == (12, len(row.inputs))
    assert len(row.inputs) < 12
    assert row.source_note == f"only {len(row.inputs)} of 12 inputs survive"


def few(user: User, pool: Pool, tmp_path: Path, **recipe: Any) -> Probing:
    """As `probe`, by validators of which only half accept anything: three of four are needed."""
    voters = (VALIDATOR, VALIDATOR, TAKES_NONE, TAKES_NONE)
    path = tmp_path / "few"
    path.mkdir()
    lines = recorded(generators=(GENERATOR,), validators=voters, brute_force=())
    pool.model = make_recorded_model(user, path, lines, slug="few")
    pool.save()
    return probe(user, pool, generators=1, validators=4, brute_force=0, least=5, **recipe)


def test_too_few_are_kept_by_default(user: User, pool: Pool, tmp_path: Path) -> None:
    probing = few(user, pool, tmp_path)
    row = made(probing)
    assert (probing.state, row.inputs, row.source_note) == ("done", [], "only 0 of 12 inputs survive")


def test_too_few_are_filled_up_with_the_best_where_asked(user: User, pool: Pool, tmp_path: Path) -> None:
    row = made(few(user, pool, tmp_path, too_few="best"))
    assert (len(row.inputs), row.report["filled"]) == (5, 5)
    assert row.source_note == "5 of the 5 probes are inputs that the vote rejected, filled in"


def test_too_few_fail_the_problem_where_asked(user: User, pool: Pool, tmp_path: Path) -> None:
    probing = few(user, pool, tmp_path, too_few="fail")
    assert (probing.state, probing.probe_set.state) == ("failed", "failed")
    assert "subtask 1: only 0 of 12 inputs survive" in probing.state_reason


def test_as_many_as_were_asked_for_are_never_too_few(user: User, pool: Pool) -> None:
    probing = probe(user, pool, n=2, least=16, too_few="fail", brute_force=0)
    assert (probing.state, len(made(probing).inputs)) == ("done", 2)


def test_package_validators_that_cannot_be_asked_are_said_and_decide_only_where_they_must(
    user: User, pool: Pool, tmp_path: Path
) -> None:
    write_package(tmp_path / "set/first", **{"input_validators/check.py": "def (\n"})
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    counts = {"n": 2, "brute_force": 0}
    shown = probe(user, pool, package_check="show", **counts)
    row = made(shown)
    assert (shown.state, len(row.inputs)) == ("done", 2)
    assert row.report["package"]["error"].startswith("input_validators/check.py: does not compile")
    required = probe(user, pool, package_check="require", **counts)
    assert (required.state, "does not compile" in required.state_reason) == ("failed", True)


def test_what_is_filled_in_is_accepted_by_the_package_where_that_decides(
    user: User, pool: Pool, tmp_path: Path
) -> None:
    path = tmp_path / "strict"
    path.mkdir()
    lines = recorded(
        generators=(GENERATOR.replace("{second}", "seed % 3"),),
        validators=(VALIDATOR.replace("== 2", "> 0"), TAKES_NONE),
        brute_force=(),
    )
    pool.model = make_recorded_model(user, path, lines, slug="strict")
    pool.save()
    counts = {"generators": 1, "validators": 2, "brute_force": 0}
    row = made(probe(user, pool, n=6, least=6, too_few="best", package_check="require", **counts))
    assert [text.split()[1] for text in texts(row)] == ["0"] * 6
    assert row.source_note == "6 of the 6 probes are inputs that the vote rejected, filled in"


def test_package_validators_disagree_visibly_and_where_required_decide(user: User, pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "loose"
    path.mkdir()
    lines = recorded(
        generators=(GENERATOR.replace("{second}", "seed % 3"),), validators=(VALIDATOR.replace("== 2", "> 0"),)
    )
    pool.model = make_recorded_model(user, path, lines, slug="loose")
    pool.save()
    counts = {"generators": 1, "validators": 1, "brute_force": 0}
    shown = probe(user, pool, package_check="show", **counts)
    row = made(shown)
    told = row.report["package"]
    with_zero = sum(text.split()[1] == "0" for text in texts(row))
    assert (len(row.inputs), told["only_package"]) == (12, 0)
    assert told["only_vote"] == told["seen"] - told["accepted"] > 0
    required = probe(user, pool, package_check="require", **counts)
    assert [text.split()[1] for text in texts(made(required))] == ["0"] * with_zero
    assert (shown.probe_set.is_privileged, required.probe_set.is_privileged) == (False, True)


def test_cap_stops_visibly_and_more_money_goes_on(user: User, pool: Pool) -> None:
    stopped = probe(user, pool, cap="0.03")
    assert (stopped.probe_set.state, stopped.state, pool.state) == ("stopped-by-budget", "paused", "paused")
    programs = stopped.probe_set.programs
    assert programs is not None
    assert 0 < programs.candidates.count() < 24
    assert "are stopped by budget: $" in stopped.state_reason
    assert Probes.objects.count() == 0
    before = set(programs.candidates.values_list("pk", flat=True))
    done = probe(user, pool, cap="5")
    assert (done, done.state, done.probe_set.state) == (stopped, "done", "done")
    assert programs.candidates.count() == 24
    assert before <= set(programs.candidates.values_list("pk", flat=True))


def test_programs_that_were_paused_go_on_with_the_pool(user: User, pool: Pool) -> None:
    probing = start_probing(user, pool, source="model", n=4, recipe=COUNTS)
    pause(user, pool)
    work_inline(pool)
    probing.probe_set.refresh_from_db()
    assert (probing.probe_set.state, Pool.objects.get(purpose="probes").candidates.count()) == ("paused", 0)
    resume(user, pool)
    work_inline(pool)
    probing.refresh_from_db()
    assert probing.state == PoolState.DONE


@pytest.mark.parametrize(
    ("source", "recipe", "said"),
    [
        ("model", {"validators": 0}, "validators is 0, not a whole number from 1 to 100"),
        ("model", {"accept_share": 75}, "accept_share is 75, not a number from 0.01 to 1"),
        ("model", {"counted": "both"}, "counted is 'both', not one of valid, made"),
        ("model", {"colour": 1}, "there is no option 'colour'"),
        ("package", {"validators": 2}, "its options are for source model"),
    ],
)
def test_recipe_that_cannot_be_is_refused(
    user: User, pool: Pool, source: str, recipe: dict[str, Any], said: str
) -> None:
    with pytest.raises((Refused, RecipeError), match=said):
        start_probing(user, pool, source=source, recipe=recipe)
    assert ProbeSet.objects.count() == Pool.objects.filter(purpose="probes").count() == 0


def test_imported_model_cannot_be_asked(user: User, pool: Pool) -> None:
    LanguageModel.objects.update(provider="")
    pool.model.refresh_from_db()
    with pytest.raises(Refused, match="no provider that could be asked for probes"):
        start_probing(user, pool, source="model")


def test_programs_come_from_an_endpoint_by_their_own_prompts(user: User, problem_set: ProblemSet) -> None:
    with serving() as server:
        model = make_asked_model(user, server.address, max_concurrency=1)
        pool = make_pool(problem_set, model, user, [SUM])
        answers = [
            GENERATOR.replace("{second}", "0"),
            GENERATOR.replace("{second}", "seed % 7"),
            VALIDATOR.replace("{subtask}", "1"),
            VALIDATOR.replace("{subtask}", "2"),
        ]
        # One call at once, in the order of planning: the generators of both subtasks, then their validators.
        server.tell(*[{"do": "answer", "text": f"```python\n{source}```\n"} for source in answers])
        probing = probe(user, pool, n=5, generators=1, validators=1, brute_force=0)
        asked = [call["body"]["messages"][-1]["content"] for call in server.seen()["asked"]]
    assert ["generator of random test inputs for subtask" in text for text in asked] == [True, True, False, False]
    assert (probing.state, [len(made(probing, subtask).inputs) for subtask in (1, 2)]) == ("done", [5, 5])
    requests = Request.objects.filter(pool=probing.probe_set.programs)
    assert list(requests.values_list("outcome", "input_tokens", "output_tokens")) == [("answered", 120, 40)] * 4
