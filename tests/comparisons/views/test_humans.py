"""Fields of humans in the browser: import, list, refusals, who sees them."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from comparisons.models import HumanField, Visibility
from tests.factories import make_problem_set, make_user

pytestmark = pytest.mark.django_db
ADDRESS = reverse("podium:human-list")
RATED = "total,rating\n90,2000\n80,\n50,1600\n"


def post(client: Client, text: str, file_name: str = "field.csv", **changes: object) -> tuple[int, str]:
    fields = {"name": "Three friends", "source": "made up", "score": "total", "rating": "rating", "problem_set": ""}
    file = SimpleUploadedFile(file_name, text.encode())
    response = client.post(ADDRESS, {**fields, **changes, "file": file}, follow=True)
    return response.status_code, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_contestants_are_imported_and_listed(client: Client) -> None:
    problem_set = make_problem_set()
    client.force_login(make_user())
    assert f'value="{problem_set.pk}" selected' in client.get(f"{ADDRESS}?set={problem_set.slug}").content.decode()
    status, text = post(client, RATED, problem_set=problem_set.pk, license="CC0")
    assert status == 200 and "Imported: Three friends." in text
    field = HumanField.objects.get()
    assert (field.scores, field.ratings, field.problem_set) == ([90.0, 80.0, 50.0], [2000.0, None, 1600.0], problem_set)
    assert f"Three friends {problem_set.title} 3 2 50 – 90 made up, CC0" in text


def test_a_population_belongs_to_no_set(client: Client) -> None:
    client.force_login(make_user())
    counts = '{"counts": [[1000, 3], [1800, 1]]}'
    status, text = post(client, counts, "population.json", name="All")
    assert status == 200 and "All a population of ratings 4 4 1000 – 1800" in text
    status, text = post(client, counts, "population.json", problem_set=make_problem_set().pk)
    assert status == 422 and "population.json counts ratings: it is a population and belongs to no problem set." in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rank,points\n1,5\n", "field.csv has no column &#x27;total&#x27;; it has rank, points."),
        ("total\n5\nmany\n", "field.csv, line 3: total is &#x27;many&#x27;, no number."),
        (RATED, "field.csv holds contestants: name their problem set"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_name(client: Client, text: str, reason: str) -> None:
    client.force_login(make_user())
    changes = {} if text == RATED else {"problem_set": make_problem_set().pk}
    status, page = post(client, text, "../../field.csv", **changes)
    assert status == 422 and reason in page
    assert not HumanField.objects.exists()


def test_contestants_of_a_private_set_are_its_owners(client: Client) -> None:
    owner = make_user()
    problem_set = make_problem_set(user=owner, visibility=Visibility.PRIVATE)
    client.force_login(owner)
    assert post(client, RATED, problem_set=problem_set.pk)[0] == 200
    client.force_login(make_user())
    assert "Three friends" not in client.get(ADDRESS).content.decode()
    assert post(client, RATED, problem_set=problem_set.pk)[0] == 422
