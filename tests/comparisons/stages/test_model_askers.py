"""Who may draw with a model, and so spend its owner's key: said by the actions, shown by the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from comparisons.actions import Refused
from comparisons.actions.drawing import extend, sample
from comparisons.actions.judging import pause, resume, start_probing
from comparisons.actions.language_models import add_model
from comparisons.models import LanguageModel, Pool, PoolState, ProbeSet, ProblemSet, User
from tests.comparisons.asked import make_recorded_model, make_set
from tests.factories import make_pool, make_user

pytestmark = pytest.mark.django_db
ENDPOINT = "http://localhost:9/v1"
SENTENCE = "Only ada, who added osprey, and staff may draw with it: its API key is not everybody's to spend."


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def eve() -> User:
    return make_user("eve")


@pytest.fixture
def problem_set(ada: User) -> ProblemSet:
    return make_set(ada, problems=1)


def osprey(ada: User, **said: Any) -> LanguageModel:
    said = {"key": "sk-hers", **said}
    return add_model(ada, "osprey", name="osprey", provider="openai", endpoint=ENDPOINT, **said)


def drawn(user: User, problem_set: ProblemSet, model: LanguageModel, **options: Any) -> Pool:
    return sample(user, problem_set=problem_set, model=model, n=2, options=options, enqueue=False)[0]


def probes(user: User, pool: Pool) -> object:
    return start_probing(user, pool, source="model", n=4, recipe={"max_tokens": 100})


def test_everything_that_asks_refuses_who_may_not(ada: User, eve: User, problem_set: ProblemSet) -> None:
    model = osprey(ada)
    pool = drawn(ada, problem_set, model)
    pause(ada, pool)
    tries: list[Callable[[], object]] = [
        lambda: drawn(eve, problem_set, model),
        lambda: drawn(eve, problem_set, model, attempts=2),
        lambda: extend(eve, pool, n=5),
        lambda: resume(eve, pool),
    ]
    for attempt in tries:
        with pytest.raises(Refused) as refused:
            attempt()
        assert str(refused.value) == SENTENCE
    pool.refresh_from_db()
    assert (Pool.objects.count(), pool.state, pool.n_asked) == (1, PoolState.PAUSED, 2)


@pytest.mark.usefixtures("sandbox")
def test_probes_of_a_model_are_made_for_who_may_ask_it(ada: User, eve: User, problem_set: ProblemSet) -> None:
    model = osprey(ada)
    pool = make_pool(problem_set, model, user=eve)
    with pytest.raises(Refused) as refused:
        probes(eve, pool)
    assert (str(refused.value), ProbeSet.objects.count()) == (SENTENCE, 0)
    probes(ada, pool)
    pause(ada, pool)
    probe_set = ProbeSet.objects.get()
    for attempt in (lambda: resume(eve, pool), lambda: start_probing(eve, pool, probe_set=probe_set)):
        with pytest.raises(Refused):
            attempt()
    assert Pool.objects.get(probe_set=probe_set).state == PoolState.PAUSED
    resume(ada, pool)
    assert Pool.objects.get(probe_set=probe_set).state == PoolState.DRAWING


def test_staff_may_ask_every_model(ada: User, problem_set: ProblemSet) -> None:
    root = make_user("root", is_superuser=True)
    pool = drawn(root, problem_set, osprey(ada, facts={"asked_by": "owner"}))
    assert pool.state == PoolState.DRAWING


@pytest.mark.parametrize(
    ("said", "is_allowed"),
    [
        ({"key": ""}, True),
        ({}, False),
        ({"facts": {"asked_by": "everyone"}}, True),
        ({"key": "", "facts": {"asked_by": "owner"}}, False),
        ({"key": "", "key_env": "TEAM_KEY"}, True),
        ({"key": "", "key_env": "OWN_KEY"}, False),
    ],
)
def test_rule(settings: Settings, eve: User, problem_set: ProblemSet, said: dict[str, Any], is_allowed: bool) -> None:
    settings.PODIUM_KEY_VARIABLES = ["TEAM_*"]
    settings.SECRET = lambda name: "sk-theirs"
    model = osprey(make_user("root", is_superuser=True), **said)
    if is_allowed:
        assert drawn(eve, problem_set, model).created_by == eve
    else:
        with pytest.raises(Refused, match="Only root, who added osprey, and staff may draw with it"):
            drawn(eve, problem_set, model)


def test_recorded_answers_are_everybodys(tmp_path: Path, ada: User, eve: User, problem_set: ProblemSet) -> None:
    lines = [{"problem": "p0", "index": index, "source": "print(1)", "language": "python3"} for index in range(2)]
    assert drawn(eve, problem_set, make_recorded_model(ada, tmp_path, lines)).state == PoolState.DRAWING


def test_closing_a_model_pauses_what_others_draw(ada: User, eve: User, problem_set: ProblemSet) -> None:
    model = osprey(ada, key="")
    hers, theirs = drawn(ada, problem_set, model), drawn(eve, problem_set, model)
    osprey(ada, key="", facts={"asked_by": "owner"})
    hers.refresh_from_db()
    theirs.refresh_from_db()
    assert (hers.state, theirs.state) == (PoolState.DRAWING, PoolState.PAUSED)
    assert theirs.state_reason == "Paused: osprey is no longer open to eve."


def test_pages_offer_only_what_is_allowed_and_say_why_not(
    client: Client, ada: User, eve: User, problem_set: ProblemSet
) -> None:
    pool = drawn(ada, problem_set, osprey(ada))
    pause(ada, pool)
    client.force_login(eve)
    assert "Draw a pool" not in client.get("/models/osprey/").content.decode()
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert ("Only ada and staff may draw more with osprey." in page, "/resume/" in page, "/extend/" in page) == (
        True, False, False,
    )  # fmt: skip
    assert 'value="osprey"' not in client.get("/pools/draw/").content.decode()
    asked = {"problem_set": "sums", "model": "osprey", "n": 2, "formulation": "problem", "attempts": 1, "begin": ""}
    refused = client.post("/pools/draw/", asked)
    said = SENTENCE.replace("'", "&#x27;")
    assert (refused.status_code, said in refused.content.decode(), Pool.objects.count()) == (422, True, 1)
    extended = client.post(f"/pools/{pool.pk}/extend/", {"n": 9, "begin": ""})
    assert (extended.status_code, said in extended.content.decode()) == (422, True)
    resumed = client.post(f"/pools/{pool.pk}/resume/", follow=True)
    assert said in resumed.content.decode()
    pool.refresh_from_db()
    assert (pool.state, pool.n_asked) == (PoolState.PAUSED, 2)
    client.force_login(ada)
    assert 'value="osprey"' in client.get("/pools/draw/").content.decode()
    assert "/resume/" in client.get(f"/pools/{pool.pk}/").content.decode()
