"""A probe set's page: what every program did, and why a subtask has too few probes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from comparisons.models import Candidate, Pool, PoolRevision, PoolState, Probes, ProbeSet, User
from comparisons.samplers.probe_recipes import ProbeRecipe
from tests.comparisons.views import seed
from tests.factories import make_pool, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    found = make_user("ada", is_superuser=True)
    client.force_login(found)
    return found


def program(candidate: Candidate, number: int, **facts: Any) -> dict[str, Any]:
    return {"number": number, "candidate": candidate.pk, "language": "cpp", "error": "", "cpu_time_s": 0.1, **facts}


def model_made(pool: Pool) -> ProbeSet:
    """The probe set of a seeded pool as if its model had made it: one good validator, one that accepts everything."""
    probe_set = seed.probe(pool, source="model").probe_set
    programs = Pool.objects.create(
        problem_set=pool.problem_set, model=pool.model, name="programs", purpose="probes", created_by=pool.created_by,
        n_asked=3, recipe={"units": [[1, 1, 1]]},
    )  # fmt: skip
    PoolRevision.objects.create(pool=programs, number=0, n_candidates=0, n_draws=0, content_hash="0")
    problem = pool.problem_set.problems.get()
    one = Candidate.objects.create(pool=programs, problem=problem, subtask=1, index=0, source="int main() {}")
    recipe = ProbeRecipe(generators=1, validators=2, brute_force=1).to_data()
    ProbeSet.objects.filter(pk=probe_set.pk).update(programs=programs, recipe=recipe)
    report = {
        "needed": 2, "voters": 2, "distinct": 10, "filled": 0,
        "generators": [program(one, 0, runs=12, failed=2, distinct=10, accepted=8, flag="")],
        "validators": [
            program(one, 0, seen=10, accepted=8, failed=0, agreed=10, takes_nonsense=False, flag=""),
            program(one, 1, seen=10, accepted=10, failed=0, agreed=8, takes_nonsense=True, flag="accepts everything"),
        ],
        "brute_force": [program(one, 0, runs=4, clean=4, agreed=3, small=4)],
        "package": {"validators": 1, "seen": 10, "accepted": 7, "only_vote": 2, "only_package": 1},
    }  # fmt: skip
    expected = [["00" * 16, 1.0]] * 3 + [[None, 0.5]] + [[None, None]] * 4
    first = Probes.objects.filter(probe_set=probe_set, subtask=1)
    first.update(report=report, expected=expected, source_note="only 8 of 16 inputs survive")
    return ProbeSet.objects.get(pk=probe_set.pk)


def test_page_shows_every_program_and_the_disagreement(client: Client, user: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("comparisons.views.probes.example_prompts", lambda _: {"generator": "[user]\nWrite one."})
    probe_set = model_made(make_pool())
    page = client.get(f"/probe-sets/{probe_set.pk}/").content.decode()
    for said in (
        "only 8 of 16 inputs survive",
        "2 only the vote accepts, 1 only they do",
        "accepts everything",
        "it checks nothing",
        "3 of 4",
        "probes-v1",
        "Write one.",
    ):
        assert said in page
    assert "made from package data" not in page


def test_page_of_a_package_s_probes_has_no_programs(client: Client, user: User) -> None:
    probing = seed.probe(make_pool())
    page = client.get(f"/probe-sets/{probing.probe_set_id}/").content.decode()
    assert ("made from package data" in page, "How they are made" in page) == (True, False)


@pytest.mark.parametrize(("n_valid", "shown"), [(0, "–"), (9, "9")])
def test_valid_inputs_are_unknown_where_nothing_validated_them(
    client: Client, user: User, n_valid: int, shown: str
) -> None:
    probing = seed.probe(make_pool())
    Probes.objects.update(n_valid=n_valid)
    row = f'<td class="num">10</td><td class="num">{shown}</td><td class="num strong">8</td>'
    assert row in client.get(f"/probe-sets/{probing.probe_set_id}/").content.decode()
    assert f"10 made, {shown} valid, 8 kept" in client.get(f"/pools/{probing.revision.pool_id}/").content.decode()


def test_package_validators_that_could_not_be_asked_are_said(client: Client, user: User) -> None:
    probe_set = model_made(make_pool())
    row = Probes.objects.get(probe_set=probe_set, subtask=1)
    row.report["package"] = {"error": "check.py: does not compile"}
    row.save()
    page = client.get(f"/probe-sets/{probe_set.pk}/").content.decode()
    assert "could not be asked: check.py: does not compile" in page and "only the vote" not in page


def test_page_polls_only_while_something_moves(client: Client, user: User) -> None:
    probe_set = seed.probe(make_pool()).probe_set
    found = []
    for state in (PoolState.PROBING, PoolState.DONE):
        ProbeSet.objects.filter(pk=probe_set.pk).update(state=state)
        found.append("hx-trigger" in client.get(f"/probe-sets/{probe_set.pk}/").content.decode())
    assert found == [True, False]


def test_programs_are_no_pool_that_is_listed(client: Client, user: User) -> None:
    probe_set = model_made(make_pool())
    assert client.get(f"/pools/{probe_set.programs_id}/").status_code == 404
    candidate = Candidate.objects.get(pool=probe_set.programs_id)
    assert client.get(f"/candidates/{candidate.pk}/").status_code == 200
