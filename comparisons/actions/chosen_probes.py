"""Which of a pool's probings a run looks at."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from comparisons.actions import Refused
from comparisons.models import Judging, PoolState, Probes, ProbeSource, Probing
from comparisons.stages.rules import Rule
from judge.problem import TaskType

#: States from which a probing comes to nothing by itself.
_DEAD = (PoolState.FAILED, PoolState.CANCELLED)


def probing_for(judging: Judging, rule: Rule, given: Probing | None, equality: str = "") -> Probing | None:
    """The probing that the rule looks at: the given one, or the newest of its kind and of this equality ("": any).
    Raises Refused where there is none, or where the given one is of another revision or kind, or holds no probe."""
    # Short answers are compared as they are: there is nothing to run.
    has_programs = judging.problems.exclude(version__task_type=TaskType.ANSWER).exists()
    if not rule.uses_probing or not has_programs:
        return given
    probing = given or _newest_probing(judging, rule, equality)
    if probing.revision_id != judging.revision_id:
        raise Refused(
            f"Probe set {probing.probe_set_id} was run on another revision of pool {judging.revision.pool_id}."
        )
    are_tests = probing.probe_set.source == ProbeSource.GENERATED
    if are_tests != rule.uses_generated:
        holds, wanted = ("generated tests", "inputs") if are_tests else ("inputs", "generated tests")
        raise Refused(f"Probe set {probing.probe_set_id} holds {holds}, and {rule.slug} looks at {wanted}.")
    if probing.state == PoolState.DONE and not _held().filter(probe_set=probing.probe_set_id).exists():
        pool = judging.revision.pool_id
        raise Refused(
            f"Probe set {probing.probe_set_id} holds no probes, and {rule.slug} compares outputs on them: run "
            f"`probe_pool {pool}` with another --source."
        )
    return probing


def _newest_probing(judging: Judging, rule: Rule, equality: str) -> Probing:
    of_revision = Probing.objects.filter(revision=judging.revision_id).select_related("probe_set").order_by("-pk")
    generated = Q(probe_set__source=ProbeSource.GENERATED)
    of_revision = of_revision.filter(generated if rule.uses_generated else ~generated)
    if equality and not rule.uses_generated:
        of_revision = of_revision.filter(equality=equality)
    done = of_revision.filter(state=PoolState.DONE)
    # A set that came out empty does not hide an older one that tells candidates apart.
    filled = done.filter(Exists(_held().filter(probe_set=OuterRef("probe_set"))))
    probing = filled.first() or done.first() or of_revision.exclude(state__in=_DEAD).first()
    if probing is None:
        pool = judging.revision.pool_id
        if judging.revision.pool.is_scored_elsewhere:
            looked_at = "looks at generated tests" if rule.uses_generated else "compares outputs on probes"
            raise Refused(f"{rule.slug} {looked_at}, and pool {pool} was scored elsewhere: it has no programs to run.")
        if rule.uses_generated:
            raise Refused(
                f"{rule.slug} looks at generated tests, and pool {pool} was not run on any: import it with "
                f"--generated-tests, then run `probe_pool {pool} --source generated`."
            )
        way = f" --equality {equality}" if equality else ""
        raise Refused(
            f"{rule.slug} compares outputs on probes, and pool {pool} was not run on any{way and ' with' + way}: "
            f"run `probe_pool {pool}{way}` first."
        )
    return probing


def _held() -> QuerySet[Probes]:
    """The probes of subtasks that have any."""
    return Probes.objects.exclude(inputs=[])
