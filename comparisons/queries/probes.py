"""A probe set: where its inputs come from, what every program of a model did for it, and what is left as probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from comparisons.models import Pool, PoolState, Probes, ProbeSet, Probing, ProblemSet, User
from comparisons.queries.drawing import Drawing, drawing_of
from comparisons.samplers.probe_recipes import ProbeRecipe

#: States in which a set's page moves.
_MOVING = (PoolState.WAITING, PoolState.DRAWING, PoolState.PROBING)
_KINDS = (("generators", "Generators"), ("validators", "Validators"), ("brute_force", "Brute force"))


@dataclass(frozen=True)
class ProgramRow:
    """What a program that a model wrote did. Shares are None where there was nothing to do. `compiled`: it could be
    run; `error` says why not. Of a generator `made` counts its distinct inputs, `accepted` the share of them that the
    vote accepted; of a validator `made` the inputs it was shown, `accepted` its own share, `agreement` how often it
    said what the vote said; of brute force `made` its outputs on small probes, `agreement` how many are the majority's.
    """

    number: int
    candidate: int
    language: str
    compiled: bool
    error: str
    made: int
    failed: int
    accepted: float | None
    agreement: float | None
    flag: str
    flag_title: str


@dataclass(frozen=True)
class SubtaskProbes:
    """The probes of one subtask. `small` and `expected`: probes that brute-force programs ran on, and those of which
    they have a majority; `agreement`: the mean share that agrees on them, None without brute force. `package`: what the
    package's own validators said, or the `error` why they could not, None where they were not asked. `valid` is None
    where no validator has seen the inputs."""

    problem: str
    title: str
    subtask: int
    n: int
    wanted: int
    made: int
    distinct: int
    valid: int | None
    dropped: int
    note: str
    needed: int | None
    voters: int | None
    small: int
    expected: int
    agreement: float | None
    package: Mapping[str, Any] | None
    generators: Sequence[ProgramRow]
    validators: Sequence[ProgramRow]
    brute_force: Sequence[ProgramRow]

    @property
    def tables(self) -> list[tuple[str, str, Sequence[ProgramRow]]]:
        """(kind, its heading, its programs), of the kinds there are."""
        return [(kind, title, getattr(self, kind)) for kind, title in _KINDS if getattr(self, kind)]

    @property
    def n_programs(self) -> int:
        """Programs of every kind."""
        return sum(len(programs) for _, _, programs in self.tables)

    @property
    def is_short(self) -> bool:
        """Fewer probes than were wanted."""
        return self.n < self.wanted

    @property
    def n_flagged(self) -> int:
        """Programs that cannot be run or did something suspicious."""
        rows = (*self.generators, *self.validators, *self.brute_force)
        return sum(bool(row.flag) or not row.compiled for row in rows)


@dataclass(frozen=True)
class ProbeSetPage:
    """Everything on a probe set's page but its prompts."""

    probe_set: ProbeSet
    programs: Pool | None
    drawing: Drawing | None
    recipe: ProbeRecipe | None
    subtasks: Sequence[SubtaskProbes]
    probings: Sequence[Probing]
    n_probes: int
    n_flagged: int

    @property
    def moves(self) -> bool:
        """Something changes by itself."""
        return self.probe_set.state in _MOVING


def probe_sets_of(user: User, problem_set_id: int) -> Sequence[ProbeSet]:
    """The probe sets of a problem set, newest first. One query."""
    return list(visible_probe_sets(user).filter(problem_set=problem_set_id))


def visible_probe_sets(user: User) -> QuerySet[ProbeSet]:
    """The probe sets of the problem sets this person may see, with the models that made them."""
    found = ProbeSet.objects.filter(problem_set__in=ProblemSet.objects.visible_to(user))
    return found.select_related("problem_set", "programs__model")


def probe_set_page(probe_set: ProbeSet) -> ProbeSetPage:
    """A set with its subtasks and programs. Ten queries at most, whatever their number."""
    programs = probe_set.programs
    rows = probe_set.probes.select_related("version__problem").defer("version__manifest")
    subtasks = [_subtask(row, probe_set.n) for row in rows.order_by("version__problem__position", "subtask")]
    probings = probe_set.probings.select_related("revision__pool__model").order_by("-pk")
    return ProbeSetPage(
        probe_set=probe_set,
        programs=programs,
        drawing=drawing_of(programs) if programs else None,
        recipe=ProbeRecipe.from_data(probe_set.recipe) if programs else None,
        subtasks=subtasks,
        probings=list(probings),
        n_probes=sum(row.n for row in subtasks),
        n_flagged=sum(row.n_flagged for row in subtasks),
    )


def _subtask(row: Probes, wanted: int) -> SubtaskProbes:
    report: Mapping[str, Any] = row.report
    shares = [share for _, share, *_ in row.expected if share is not None]
    return SubtaskProbes(
        problem=row.version.problem.slug,
        title=row.version.title,
        subtask=row.subtask,
        n=len(row.inputs),
        wanted=wanted,
        made=row.n_made,
        distinct=report.get("distinct", row.n_made - row.n_dropped),
        valid=row.valid,
        dropped=row.n_dropped,
        note=row.source_note,
        needed=report.get("needed"),
        voters=report.get("voters"),
        small=len(shares),
        expected=sum(output is not None for output, *_ in row.expected),
        agreement=sum(shares) / len(shares) if shares else None,
        package=report.get("package"),
        generators=[_generator(one) for one in report.get("generators", ())],
        validators=[_validator(one) for one in report.get("validators", ())],
        brute_force=[_brute_force(one) for one in report.get("brute_force", ())],
    )


def _generator(data: Mapping[str, Any]) -> ProgramRow:
    return _row(data, made=data["distinct"], failed=data["failed"], accepted=_share(data["accepted"], data["distinct"]))


def _validator(data: Mapping[str, Any]) -> ProgramRow:
    titles = {
        True: "It accepts what is no input at all, too: it checks nothing",
        False: "It rejects what is no input at all: perhaps every input is valid",
    }
    title = titles.get(data["takes_nonsense"], "") if data["flag"] == "accepts everything" else ""
    return _row(
        data,
        made=data["seen"],
        failed=data["failed"],
        accepted=_share(data["accepted"], data["seen"]),
        agreement=_share(data["agreed"], data["seen"]),
        flag_title=title,
    )


def _brute_force(data: Mapping[str, Any]) -> ProgramRow:
    return _row(
        data, made=data["clean"], failed=data["runs"] - data["clean"], agreement=_share(data["agreed"], data["small"])
    )


def _row(
    data: Mapping[str, Any],
    *,
    made: int,
    failed: int,
    accepted: float | None = None,
    agreement: float | None = None,
    flag_title: str = "",
) -> ProgramRow:
    is_able = not data["error"]
    return ProgramRow(
        number=data["number"] + 1,
        candidate=data["candidate"],
        language=data["language"],
        compiled=is_able,
        error=data["error"],
        made=made,
        failed=failed,
        accepted=accepted if is_able else None,
        agreement=agreement if is_able else None,
        flag=data.get("flag", ""),
        flag_title=flag_title,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
