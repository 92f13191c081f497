"""Probes made by a package's generator, and a pool told apart by what it prints on them."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from django.core.management import call_command

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.judging import resume, start_judging, start_probing
from comparisons.actions.problems import import_problem_set
from comparisons.actions.runs import start_run
from comparisons.models import Chunk, Pool, Probes, ProbeSet, Probing, ProblemSet, User, Work, blobs
from comparisons.stages import making_probes, probe_runs
from comparisons.strategies.pool_view import Failure
from judge.sandbox import Ending
from tests.comparisons.judged import PROGRAMS, add_candidates, add_revision, chunk_ranges, work_off, write_package
from tests.factories import RIGHT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]

NAMES = list(PROGRAMS)


def codes(probed: Probing, subtask: int, slug: str = "first") -> np.ndarray:
    """Candidates × probes."""
    return blobs.get_arrays(probed.problems.get(problem__slug=slug, subtask=subtask).outcomes)["codes"]


def clusters(table: np.ndarray) -> set[frozenset[str]]:
    """Names of the programs whose rows of codes are equal, as sets."""
    rows: dict[bytes, set[str]] = {}
    for name, row in zip(NAMES, table, strict=True):
        rows.setdefault(row.tobytes(), set()).add(name)
    return {frozenset(names) for names in rows.values()}


def test_probes_are_valid_and_the_same_wherever_they_are_made(user: User, pool: Pool) -> None:
    probed = start_probing(user, pool, n=4, seed=7)
    work_off(Work.Kind.MAKE_PROBES)
    probes = list(Probes.objects.order_by("version__problem__position", "subtask"))
    assert [(p.version.problem.slug, p.subtask, len(p.inputs)) for p in probes] == [
        (slug, subtask, 4) for slug in ("first", "second") for subtask in (1, 2)
    ]
    inputs = [[blobs.get(digest).decode() for digest in p.inputs] for p in probes]
    assert all(text.endswith(" 0\n") and text[0] != "-" for text in inputs[0])
    assert all(p.n_valid == 4 and p.n_made >= 4 for p in probes)
    probed.probe_set.refresh_from_db()
    assert probed.probe_set.state == "done"
    digests = {(p.version_id, p.subtask): p.inputs for p in probes}
    Probes.objects.all().delete()
    Work.objects.update(state=Work.State.WAITING)
    work_off(Work.Kind.MAKE_PROBES)
    assert {(p.version_id, p.subtask): p.inputs for p in Probes.objects.all()} == digests


def test_pool_is_told_apart_by_its_outputs(user: User, pool: Pool) -> None:
    probed = start_probing(user, pool, n=4)
    assert pool.state == "probing"
    assert work_off() == ["make-probes", "probe", "merge-probes"] * 2
    probed.refresh_from_db()
    pool.refresh_from_db()
    assert (probed.state, probed.probed, probed.total, pool.state) == ("done", 16, 16, "done")
    same = {frozenset({"wrong", "late"}), frozenset({"crash"}), frozenset({"broken", "none"})}
    assert clusters(codes(probed, 1)) == {frozenset({"right", "partial", "right again"}), *same}
    assert clusters(codes(probed, 2)) == {frozenset({"right", "right again"}), frozenset({"partial"}), *same}
    table = codes(probed, 2)
    assert (table[NAMES.index("crash")] == Failure.CRASH).all()
    assert (table[NAMES.index("none")] == Failure.NOT_RUN).all()
    assert probed.problems.get(problem__slug="first", subtask=2).aggregates == {
        "candidates": 8, "probes": 4, "clusters": 3, "sizes": [2, 2, 1], "clean": 5 / 6,  # two have no program
    }  # fmt: skip


def test_candidate_aimed_at_a_subtask_runs_on_the_probes_of_the_others_too(user: User, pool: Pool) -> None:
    """Of those inside it the superset filter asks what it prints there."""
    pool.candidates.update(subtask=2)
    probed = start_probing(user, pool, n=2)
    work_off()
    assert set(probed.chunks.values_list("subtask", "probe_subtask")) == {(2, 1), (2, 2)}
    for subtask in (1, 2):
        row = probed.problems.get(problem__slug="first", subtask=subtask)
        arrays = blobs.get_arrays(row.outcomes)
        right = NAMES.index("right")
        assert (arrays["codes"][right] >= 0).tolist() == [True, True]
        assert arrays["cpu_time_s"][right] > 0


def test_program_that_runs_into_limits_is_not_run_on_all_probes(user: User, pool: Pool) -> None:
    """It is out of time on the two smallest inputs, wherever they stand."""
    pool.candidates.exclude(index=NAMES.index("late")).update(source="")
    pool.candidates.filter(index=NAMES.index("late")).update(source="while True:\n    pass\n", program_hash="loop")
    probed = start_probing(user, pool, n=3)
    work_off(at_most=3)
    row = codes(probed, 1)[NAMES.index("late")]
    inputs = Probes.objects.get(version__problem__slug="first", subtask=1).inputs
    by_size = sorted(range(3), key=lambda place: (len(blobs.get(inputs[place])), place))
    assert row[by_size].tolist() == [Failure.TIMEOUT, Failure.TIMEOUT, Failure.NOT_RUN]


def test_runs_go_from_small_inputs_to_large_and_come_back_by_place(tmp_path: Path) -> None:
    class Watched:
        """Notes what it is given; runs are out of time on inputs that begin with "slow"."""

        def run_on_inputs(
            self, executable: object, inputs: list[Path], *, stop_after: Any, rounds: bool
        ) -> Iterator[Any]:
            for place, path in enumerate(inputs):
                slow = path.read_text().startswith("slow")
                run = SimpleNamespace(ending=Ending.CPU if slow else Ending.EXIT, text=path.read_text())
                yield run
                if stop_after(place, run):
                    return

    texts = ["slow and large", "1", "slow", "a little more", "22", "the largest of all of them"]
    paths = [tmp_path / str(place) for place in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    runs = probe_runs._runs(cast(Any, Watched()), cast(Any, None), paths, False)
    assert list(runs) == [1, 4, 2, 3, 0]
    assert [run.text for run in runs.values()] == [texts[place] for place in runs]


def test_outputs_with_nearly_equal_numbers_are_one_where_that_is_asked_for(user: User, pool: Pool) -> None:
    adds = "a, b = map(int, input().split())\n"
    prints = {"right": "print(f'{a + b}.250001 Yes')", "partial": "print(f'{a + b}.25 YES')", "late": "print(a + b)"}
    for name, line in prints.items():
        pool.candidates.filter(index=NAMES.index(name)).update(source=adds + line, program_hash=name)
    exact = start_probing(user, pool, n=2)
    work_off()
    rounded = start_probing(user, pool, probe_set=exact.probe_set, equality="rounded")
    assert rounded != exact
    work_off()
    assert start_probing(user, pool, probe_set=exact.probe_set, equality="rounded") == rounded
    both, near = frozenset({"right", "partial"}), clusters(codes(rounded, 2))
    start_judging(user, pool)
    work_off()
    runs = {way: start_run(user, pool=pool, strategy="largest-cluster", budget=1, equality=way).probing
            for way in ("tokens", "rounded", "")}  # fmt: skip
    assert runs == {"tokens": exact, "rounded": rounded, "": rounded}
    assert clusters(codes(exact, 2)) == near - {both} | {frozenset({"right"}), frozenset({"partial"})}
    assert both in near


def test_equality_that_the_pool_was_not_run_with_is_no_substitute(user: User, pool: Pool) -> None:
    probed = start_probing(user, pool, n=1)
    start_judging(user, pool)
    work_off()
    with pytest.raises(Refused, match="was not run on any with --equality rounded: run `probe_pool .* --equality rou"):
        start_run(user, pool=pool, strategy="largest-cluster", budget=1, equality="rounded")
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "replay", "--pool", str(pool.pk), "--strategy", "largest-cluster", "--probes", str(probed.probe_set_id),
            "--equality", "rounded", "--as", user.username, stderr=said,
        )  # fmt: skip
    assert f"not run on probe set {probed.probe_set_id} with --equality rounded" in said.getvalue()


def test_equality_that_is_none_or_of_tests_is_refused(user: User, pool: Pool) -> None:
    with pytest.raises(Refused, match="Unknown equality 'near'; there are: tokens, rounded"):
        start_probing(user, pool, equality="near")
    with pytest.raises(Refused, match="Generated tests pass or fail"):
        start_probing(user, pool, source="generated", equality="rounded")


def test_two_pools_share_a_probe_set(user: User, pool: Pool) -> None:
    other = Pool.objects.create(problem_set=pool.problem_set, model=pool.model, name="other", created_by=user)
    add_candidates(other, [RIGHT], index=0)
    add_revision(other, 1)
    first = start_probing(user, pool, n=2)
    second = start_probing(user, other, n=2)
    assert first.probe_set == second.probe_set
    assert sorted(work_off()) == sorted(["make-probes"] * 2 + ["probe", "merge-probes"] * 4)
    assert ProbeSet.objects.count() == 1
    assert list(Probing.objects.values_list("state", flat=True)) == ["done", "done"]
    assert start_probing(user, pool, probe_set=first.probe_set) == first


def test_finished_probes_make_the_pieces_of_all_pools_ready(user: User, pool: Pool) -> None:
    start_probing(user, pool, n=1)
    making = Work.objects.filter(kind=Work.Kind.MAKE_PROBES).first()
    running = Work.objects.filter(kind=Work.Kind.PROBE).first()
    assert making is not None and running is not None
    assert jobs.perform(running.pk) == []
    running.refresh_from_db()
    assert (running.state, running.failures) == ("waiting", 0)
    assert jobs.perform(making.pk) == [running]


def test_probing_keeps_the_versions_of_its_probes(user: User, pool: Pool, tmp_path: Path) -> None:
    probe_set = start_probing(user, pool, n=1).probe_set
    work_off()
    write_package(tmp_path / "set" / "first", **{"data/secret/group1/2.in": "9 0\n", "data/secret/group1/2.ans": "9\n"})
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    add_candidates(pool, [RIGHT], index=8, revision=2)
    add_revision(pool, 2)
    again = start_probing(user, pool, probe_set=probe_set)
    work_off()
    again.refresh_from_db()
    assert (again.state, again.probed) == ("done", 18)
    assert codes(again, 1).shape == (9, 1)


def test_repeated_probing_changes_nothing(user: User, pool: Pool) -> None:
    probed = start_probing(user, pool, n=2)
    work_off()
    ranges = chunk_ranges(probing=probed)
    for piece in Work.objects.all():
        assert jobs.perform(piece.pk) == []
    assert chunk_ranges(probing=probed) == ranges
    assert len(ranges) == Chunk.objects.count() == 4


def test_generator_that_does_not_compile_fails_its_problem_only(user: User, problem_set: ProblemSet, pool: Pool, tmp_path: Path) -> None:  # fmt: skip  # noqa: E501
    write_package(tmp_path / "set" / "first", **{"generators/make.py": "def (\n"})
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    probed = start_probing(user, pool, n=1)
    work_off()
    probed.refresh_from_db()
    pool.refresh_from_db()
    assert (probed.state, pool.state) == ("failed", "failed")
    reason = "One problem could not be finished. first: its probes could not be made: "
    assert probed.state_reason.startswith(reason)
    assert "does not compile" in probed.state_reason
    assert list(probed.problems.exclude(outcomes="").values_list("problem__slug", "subtask")) == [
        ("second", 1), ("second", 2),
    ]  # fmt: skip
    resume(user, pool)
    assert work_off() == ["make-probes"]
    probed.refresh_from_db()
    assert probed.state == "failed"


def test_package_without_generator_says_so(user: User, problem_set: ProblemSet, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "set/first/generators/make.py").unlink()
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    probed = start_probing(user, pool, n=1)
    work_off()
    probed.refresh_from_db()
    assert probed.state == "done"
    notes = Probes.objects.filter(version__problem__slug="first").values_list("source_note", flat=True)
    assert list(notes) == ["the package has no generator"] * 2
    assert codes(probed, 1).shape == (8, 0)


def test_package_without_public_tests_has_nothing_to_mutate_and_says_so(
    user: User, problem_set: ProblemSet, pool: Pool, tmp_path: Path
) -> None:
    for name in ("1.in", "1.ans"):
        (tmp_path / "set/first/data/sample" / name).unlink()
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    start_probing(user, pool, source="mutation", n=2)
    work_off(Work.Kind.MAKE_PROBES)
    notes = Probes.objects.filter(version__problem__slug="first").values_list("source_note", "inputs")
    assert list(notes) == [("no public input to mutate", [])] * 2


def test_hidden_input_is_no_probe_however_its_lines_end(
    user: User, problem_set: ProblemSet, pool: Pool, tmp_path: Path
) -> None:
    lenient = "import sys\nsys.exit(42 if len(sys.stdin.read().split()) == 2 else 43)\n"
    prints = "import sys\nprint(['2 0', '3 0 ', '5 5\\n\\n', '7 0', '7 0 '][int(sys.argv[2]) % 5])\n"
    changes = {"generators/make.py": prints, "input_validators/check.py": lenient}
    write_package(tmp_path / "set" / "first", **changes)
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    start_probing(user, pool, n=8)
    work_off(Work.Kind.MAKE_PROBES)
    for row in Probes.objects.filter(version__problem__slug="first"):
        assert [blobs.get(digest).split() for digest in row.inputs] == [[b"7", b"0"]]
        assert (row.n_made, row.n_dropped, row.n_valid) == (32, 31, 1)


def test_shortfall_and_generators_with_arguments_of_their_own_are_said(
    user: User, problem_set: ProblemSet, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path / "set" / "first", **{"generators/make.py": "print(77, 0)\n"})
    import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False)
    start_probing(user, pool, n=3)
    work_off()
    notes = Probes.objects.filter(version__problem__slug="first")
    assert set(notes.values_list("source_note", flat=True)) == {"1 of 3: no more distinct valid inputs came"}
    monkeypatch.setattr(making_probes, "CALLED_BY_RECIPE", {"kattis"})  # as "italian" is
    start_probing(user, pool, n=4)
    work_off()
    said = notes.filter(probe_set__n=4).values_list("source_note", "inputs", "n_made")
    assert {(note[:51], len(inputs), made) for note, inputs, made in said} == {
        ("the package calls its generators with arguments of ", 0, 0)
    }
