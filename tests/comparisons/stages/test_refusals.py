"""Programs that a problem does not allow, or that do not run here: not judged, with the reason; no compile error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.judging import start_judging, start_probing
from comparisons.actions.problems import import_problem_set
from comparisons.models import Judging, Pool, ProblemSet, ProblemVersion, User, blobs
from comparisons.samplers.program_hash import program_hash
from comparisons.stages.checking import check_references
from comparisons.stages.environment import sandbox
from comparisons.stages.judging import judge_of
from comparisons.stages.model_probes import _run_brute_force
from comparisons.strategies.pool_view import Failure
from judge.verdicts import CODES
from tests.comparisons.judged import make_pool, work_off, write_package
from tests.factories import RIGHT, make_model

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

HEADER = "name: Add\ntype: scoring\nlimits:\n  memory: 256\n  code: 1\nlanguages: [python3, c]\n"
LONG = RIGHT + "#" * 2000 + "\n"


@pytest.fixture
def problem_set(user: User, tmp_path: Path) -> ProblemSet:
    """One problem that takes Python and C, of 1 KiB at most."""
    changes = {"problem.yaml": HEADER, "submissions/accepted/other.cpp": "int main() {}\n"}
    write_package(tmp_path / "set/first", **changes)
    return import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False).problem_set


def pool_of(user: User, problem_set: ProblemSet, *programs: tuple[str, str]) -> Pool:
    """A pool of these (language, source)."""
    pool = make_pool(problem_set, make_model(user=user), user, [source for _, source in programs])
    for candidate, (language, source) in zip(pool.candidates.order_by("index"), programs, strict=True):
        candidate.language, candidate.program_hash = language, program_hash(source, language)
        candidate.save()
    return pool


def told(judging: Judging) -> list[tuple[str, str]]:
    """Each candidate's verdict, and what the judge said of it."""
    arrays = blobs.get_arrays(judging.problems.get().outcomes)
    notes = json.loads(bytes(arrays["notes"]))
    pairs = zip(arrays["candidate"], arrays["verdict"], strict=True)
    return [(str(CODES[code]), notes.get(str(pk), "")) for pk, code in pairs]


REFUSED = {
    "language": (("cpp", "int main() {}"), "the problem allows Python 3 or C11, not C++17"),
    "unknown language": (("cobol", "STOP RUN."), "cobol does not run here"),
    "size": (("python3", LONG), "the source has 2.0 KiB; the problem allows 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_program_that_is_refused_is_not_judged_and_its_page_says_why(
    client: Client, user: User, problem_set: ProblemSet, name: str
) -> None:
    program, reason = REFUSED[name]
    pool = pool_of(user, problem_set, program, ("python3", "def (\n"))
    judging = start_judging(user, pool)
    work_off()
    (refused, broken) = told(judging)
    assert refused == ("SK", f"not judged: {reason}")
    assert broken[0] == "CE"
    client.force_login(user)
    page = client.get(f"/candidates/{pool.candidates.order_by('index')[0].pk}/").content.decode()
    assert f"not judged: {reason}" in page
    assert "compile error" not in page


@pytest.mark.parametrize("programs", [(RIGHT, LONG), (LONG, RIGHT)])
def test_equal_programs_are_refused_by_their_own_size(
    user: User, problem_set: ProblemSet, programs: tuple[str, str]
) -> None:
    pool = pool_of(user, problem_set, *(("python3", source) for source in programs))
    assert len(set(pool.candidates.values_list("program_hash", flat=True))) == 1
    judging = start_judging(user, pool)
    probing = start_probing(user, pool, n=2)
    work_off()
    assert [verdict for verdict, _ in told(judging)] == ["SK" if source is LONG else "AC" for source in programs]
    codes = blobs.get_arrays(probing.problems.get(subtask=1).outcomes)["codes"]
    assert [(row != Failure.NOT_RUN).all() for row in codes] == [source is not LONG for source in programs]


@pytest.mark.parametrize("name", REFUSED)
def test_brute_force_that_is_refused_says_why(user: User, problem_set: ProblemSet, name: str) -> None:
    program, reason = REFUSED[name]
    pool = pool_of(user, problem_set, program, ("python3", "def (\n"))
    judging = start_judging(user, pool)
    work_off()
    row = judging.problems.get()
    judge = judge_of(row.version_id, row.limits_id)
    refused, broken = (_run_brute_force(judge, candidate, [])[0] for candidate in pool.candidates.order_by("index"))
    assert refused == f"not run: {reason}"
    assert broken.startswith("does not compile: ")


def test_reference_that_is_refused_is_not_held_against_its_promise(problem_set: ProblemSet) -> None:
    version = ProblemVersion.objects.get(problem__problem_set=problem_set)
    checked = check_references([(version, version.limit_readings.get())], sandbox())
    assert [(one.submission, one.verdict, one.is_ok, one.reason) for one in checked] == [
        ("submissions/accepted/other.cpp", None, None, "the problem allows Python 3 or C11, not C++17"),
        ("submissions/accepted/right.py", "AC", True, ""),
    ]
