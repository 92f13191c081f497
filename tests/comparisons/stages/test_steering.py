"""Who may pause, resume, cancel or extend what others share, and when that means anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from comparisons.actions import Refused
from comparisons.actions.drawing import extend, sample
from comparisons.actions.judging import cancel, pause, resume
from comparisons.models import Judging, Pool, PoolState, User
from tests.comparisons.asked import make_recorded_model, make_set
from tests.comparisons.views import seed
from tests.factories import make_pool, make_user

pytestmark = pytest.mark.django_db
ACTIONS = {"pause": pause, "resume": resume, "cancel": cancel}
SENTENCE = "Only ada, who began {pool}, and staff may pause, resume, cancel or extend it."


@pytest.fixture
def eve() -> User:
    return make_user("eve")


@pytest.fixture
def drawing(tmp_path: Path) -> Pool:
    """What ada draws."""
    ada = make_user("ada")
    model = make_recorded_model(ada, tmp_path, [{"problem": "p0", "index": 0, "source": "print(1)"}])
    return sample(ada, problem_set=make_set(ada, problems=1), model=model, n=2, enqueue=False)[0]


@pytest.mark.parametrize("action", [*ACTIONS, "extend"])
def test_drawing_of_others_is_not_steered(action: str, eve: User, drawing: Pool) -> None:
    pool = drawing
    if action == "extend":
        pause(pool.created_by, pool)
    before = Pool.objects.values().get()
    with pytest.raises(Refused) as refused:
        extend(eve, pool, n=4) if action == "extend" else ACTIONS[action](eve, pool)
    assert str(refused.value) == SENTENCE.format(pool=pool.name)
    assert Pool.objects.values().get() == before


def test_judging_of_others_is_not_steered(client: Client, eve: User) -> None:
    pool = make_pool()
    seed.judge(pool, state=PoolState.JUDGING)
    Pool.objects.update(created_by=make_user("ada"))
    client.force_login(eve)
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert [f"/{name}/" in page for name in ACTIONS] == [False, False, False]
    response = client.post(f"/pools/{pool.pk}/pause/")
    assert [str(message) for message in get_messages(response.wsgi_request)] == [SENTENCE.format(pool=pool.name)]
    assert Judging.objects.get().state == "judging"


def test_page_of_a_drawing_offers_others_nothing_and_says_why(client: Client, eve: User, drawing: Pool) -> None:
    pool = drawing
    said = "Only ada, who began it, and staff may pause, resume, cancel or extend it."
    seen = []
    for person in (pool.created_by, eve, make_user("root", is_superuser=True)):
        client.force_login(person)
        page = client.get(f"/pools/{pool.pk}/").content.decode()
        seen.append((f"/pools/{pool.pk}/pause/" in page, f"/pools/{pool.pk}/cancel/" in page, said in page))
    assert seen == [(True, True, False), (False, False, True), (True, True, False)]


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_done_is_not_steered(action: str) -> None:
    pool = make_pool()
    with pytest.raises(Refused) as refused:
        ACTIONS[action](pool.created_by, pool)
    assert str(refused.value) == f"{pool.name} is done: there is nothing to {action}."


def test_each_step_means_something_in_its_states_only(drawing: Pool) -> None:
    pool = drawing
    ada = pool.created_by
    for said in ("is drawing: there is nothing to resume", None, "is paused: there is nothing to pause"):
        if said is None:
            pause(ada, pool)
            continue
        with pytest.raises(Refused, match=said):
            (resume if "resume" in said else pause)(ada, pool)
    cancel(ada, pool)
    with pytest.raises(Refused, match="is cancelled: there is nothing to cancel"):
        cancel(ada, pool)
