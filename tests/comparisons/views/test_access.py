"""Nothing is shown to who has not signed in, and nothing private to who does not own it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from comparisons.models import Candidate, Comparison, Pool, PoolState, ProbeSet, ProbeSource, Run, Visibility
from tests.comparisons.views import seed
from tests.factories import make_pool, make_problem_set, make_user

pytestmark = pytest.mark.django_db

#: What needs no sign-in: the way in, and what a load balancer asks.
OPEN = {"sign-in", "sign-in-with-token", "theme", "healthz"}


class Private:
    """One of everything, on a set only its owner sees."""

    def __init__(self) -> None:
        self.owner = make_user()
        self.problem_set = make_problem_set(user=self.owner, visibility=Visibility.PRIVATE)
        self.pool: Pool = make_pool(self.problem_set)
        judging = seed.judge(self.pool)
        self.run: Run = seed.replay(judging, "first-k")
        self.comparison: Comparison = seed.compare([self.run, seed.replay(judging, "random-k", kind="floor")])
        self.problem = self.problem_set.problems.get()
        self.probe_set = ProbeSet.objects.create(
            problem_set=self.problem_set, source=ProbeSource.PACKAGE, n=4, key="p", created_by=self.owner
        )
        candidate = self.pool.candidates.first()
        assert candidate is not None
        self.candidate: Candidate = candidate

    def addresses(self) -> list[str]:
        """Every address of a thing that hangs on the set."""
        slug, problem, pool = self.problem_set.slug, self.problem.slug, self.pool.pk
        names: list[tuple[str, list[object]]] = [
            ("problem-set-detail", [slug]),
            ("problem-detail", [slug, problem]),
            ("problem-statement", [slug, problem]),
            ("problem-picture", [slug, problem]),
            ("pool-detail", [pool]),
            ("pool-candidates", [pool, problem]),
            ("pool-replay", [pool]),
            ("pool-probe", [pool]),
            ("probe-set-detail", [self.probe_set.pk]),
            ("candidate-detail", [self.candidate.pk]),
            ("candidate-source", [self.candidate.pk]),
            ("run-detail", [self.run.pk]),
            ("comparison-detail", [self.comparison.pk]),
            *(("comparison-export", [self.comparison.pk, format]) for format in ("csv", "json", "zip", "html")),
        ]
        return [reverse(f"podium:{name}", args=arguments) for name, arguments in names]


def test_every_page_needs_a_sign_in(client: Client) -> None:
    values = {"slug": "x", "problem": "x", "pk": 1, "token": "x" * 24, "format": "csv", "name": "x", "how": "draws"}
    leaks = []
    for name, (possibilities, *_) in (
        (key, found)
        for key, found in get_resolver().namespace_dict["podium"][1].reverse_dict.items()
        if isinstance(key, str)
    ):
        wanted = {parameter: values[parameter] for parameter in possibilities[0][1]}
        response = client.get(reverse(f"podium:{name}", kwargs=wanted))
        if name not in OPEN and response.status_code not in (302, 401, 405):
            leaks.append((name, response.status_code))
    assert leaks == []


def test_private_things_are_not_found_by_others(client: Client) -> None:
    private = Private()
    client.force_login(make_user())
    for headers in ({}, {"HX-Request": "true"}):
        found = {path: client.get(path, headers=headers).status_code for path in private.addresses()}
        assert found == dict.fromkeys(private.addresses(), 404)


def test_nobody_draws_more_of_a_private_pool_or_starts_from_what_hangs_on_it(client: Client) -> None:
    private = Private()
    Pool.objects.filter(pk=private.pool.pk).update(n_asked=2, state=PoolState.PAUSED)
    client.force_login(make_user())
    run, comparison, pool = private.run.pk, private.comparison.pk, private.pool.pk
    deeds = [
        f"/pools/{pool}/extend/",
        f"/runs/{run}/ablate/",
        f"/comparisons/{comparison}/compute/",
        f"/comparisons/{comparison}/equal/draws/",
    ]
    assert {deed: client.post(deed, {"n": 9, "begin": ""}).status_code for deed in deeds} == dict.fromkeys(deeds, 404)
    # A set that is not one's own cannot be drawn for either, whoever's model it is.
    drawn = {"problem_set": private.problem_set.slug, "model": private.pool.model.slug, "n": 1, "begin": ""}
    assert (client.post("/pools/draw/", drawn).status_code, Pool.objects.count()) == (422, 1)
    own = make_pool()
    taken = {"source": "package", "probe_set": private.probe_set.pk}
    assert client.post(f"/pools/{own.pk}/probe/", taken).status_code == 422


def test_private_things_are_in_no_list_of_others(client: Client) -> None:
    private = Private()
    client.force_login(make_user())
    pages = ["/", "/problem-sets/", "/pools/", "/runs/", "/comparisons/", f"/search/?q={private.problem_set.slug}"]
    shown = [path for path in pages if private.pool.name.encode() in client.get(path).content]
    assert shown == []


@pytest.mark.parametrize("deed", ["judge", "probe", "pause", "resume", "cancel", "replay"])
def test_nobody_acts_on_a_private_pool_of_others(client: Client, deed: str) -> None:
    private = Private()
    client.force_login(make_user())
    data = {"source": "mutation", "n": 4}
    assert client.post(f"/pools/{private.pool.pk}/{deed}/", data).status_code == 404


@pytest.mark.parametrize("deed", ["judge", "pause", "resume", "cancel"])
def test_a_link_changes_nothing(client: Client, deed: str) -> None:
    pool = make_pool()
    client.force_login(pool.created_by)
    assert client.get(f"/pools/{pool.pk}/{deed}/").status_code == 405


def test_forms_need_their_token() -> None:
    pool = make_pool()
    client = Client(enforce_csrf_checks=True)
    client.force_login(pool.created_by)
    response = client.post(f"/pools/{pool.pk}/judge/")
    assert (response.status_code, b"Nothing was changed" in response.content) == (403, True)


def test_owner_sees_everything(client: Client) -> None:
    private = Private()
    client.force_login(private.owner)
    pages = [
        path
        for path in private.addresses()
        if not path.endswith(("/statement", "/picture")) and "/comparisons/" not in path
    ]
    assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)
