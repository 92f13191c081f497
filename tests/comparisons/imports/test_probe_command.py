"""`probe_pool --source model`, as a person at the command line uses it."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from comparisons.actions.language_models import add_price
from comparisons.actions.problems import import_problem_set
from comparisons.models import Pool, Price, ProbeSet
from comparisons.stages import environment
from judge.errors import SandboxUnavailable
from tests.comparisons.asked import PRICE, STATEMENT, make_recorded_model
from tests.comparisons.helper_programs import GENERATOR, SUM, VALIDATOR, recorded
from tests.comparisons.judged import make_pool, write_package
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ASKED = [
    "--generators",
    "1",
    "--validators",
    "2",
    "--brute-force",
    "1",
    "--language",
    "python3",
    "--max-tokens",
    "1000",
]


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    user = make_user("ada", is_superuser=True)
    write_package(tmp_path / "set/first", **{"problem_statement/problem.en.md": STATEMENT})
    problem_set = import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False).problem_set
    lines = recorded(generators=(GENERATOR,), validators=(VALIDATOR,) * 2, brute_force=(SUM,))
    model = make_recorded_model(user, tmp_path, lines)
    add_price(model.created_by, model, PRICE)
    return make_pool(problem_set, model, user, [SUM])


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The object that the command prints."""
    capsys.readouterr()
    call_command("probe_pool", *words, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_dry_run_says_what_is_asked_and_costs_and_writes_nothing(
    pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(capsys, str(pool.pk), "--source", "model", "--dry-run", *ASKED)
    assert (found["subtasks"], found["programs"], found["left_out"]) == (2, 8, {})
    low, high = found["estimate"]["cost_usd"]
    # At most 8 answers of 1,000 tokens at 10 USD a million, and the prompts.
    assert 0 < low < 0.08 < high < 0.1
    assert found["estimate"]["prices_from"] == Price.objects.get().valid_from.isoformat()
    assert {found[key] for key in ("pool", "state", "probe_set", "inputs", "valid", "probes")} == {None}
    assert (ProbeSet.objects.count(), Pool.objects.count()) == (0, 1)


def test_probes_are_made_and_run_in_one_go(pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    words = (str(pool.pk), "--source", "model", "-n", "6", "--inline", *ASKED)
    found = run(capsys, *words)
    assert (found["state"], found["probes"]) == ("done", 12)
    assert found["inputs"] >= found["valid"] >= 12
    again = run(capsys, *words)
    assert again == found
    programs = ProbeSet.objects.get().programs
    assert programs is not None
    assert programs.requests.count() == 8
    assert Decimal(programs.committed_nano_usd) / 10**9 == 8 * (Decimal("0.001") + Decimal("0.002"))


def test_probes_that_nothing_validated_or_made_are_said_so(
    pool: Pool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    for name in ("generators", "input_validators"):
        shutil.rmtree(tmp_path / "set/first" / name)
    import_problem_set(pool.created_by, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    mutated = run(capsys, str(pool.pk), "--source", "mutation", "-n", "2", "--inline")
    assert (mutated["state"], mutated["valid"], mutated["probes"] > 0) == ("done", None, True)
    with pytest.raises(SystemExit):
        run(capsys, str(pool.pk), "--source", "package", "-n", "2", "--inline")
    printed = capsys.readouterr()
    assert (json.loads(printed.out)["state"], json.loads(printed.out)["probes"]) == ("done", 0)
    assert "(the package has no generator): try another --source." in printed.err
