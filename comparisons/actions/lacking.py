"""What a pool lacks that a rule looks at or is priced by: refused before a run is stored."""

from __future__ import annotations

from comparisons.actions import Refused
from comparisons.models import Candidate, Judging, Pool, PoolRevision, Price, ProblemVersion
from comparisons.queries.repricing import price_of
from comparisons.stages.rules import Rule
from comparisons.strategies.longest_thought import MEASURES


def check_measure(revision: PoolRevision, rule: Rule) -> None:
    """Raises Refused where no candidate has what the rule orders by, with the measures that the pool does have."""
    if not rule.measure:
        return
    candidates = Candidate.objects.filter(pool=revision.pool_id, revision__lte=revision.number)
    known = [name for name, column in MEASURES.items() if candidates.filter(**{f"{column}__isnull": False}).exists()]
    if rule.measure not in known:
        instead = f" It has {' and '.join(known)}: choose one as the option measure." if known else ""
        raise Refused(
            f"{rule.slug} orders by {rule.measure}, and no candidate of pool {revision.pool_id} has it.{instead}"
        )


def check_public(judging: Judging, rule: Rule) -> None:
    """Raises Refused where the public tests that the rule looks at did not run here, or where it looks at nothing else
    and no problem has any: then every candidate would pass, and the run be another rule's under its name."""
    if not rule.uses_public:
        return
    pool = judging.revision.pool
    versions = ProblemVersion.objects.filter(pk__in=judging.problems.values("version"))
    if versions.filter(n_samples__gt=0).exists():
        if pool.is_scored_elsewhere:
            raise Refused(
                f"{rule.slug} looks at public tests, and pool {pool.pk} was scored elsewhere: nothing ran here."
            )
    elif rule.is_public_only and versions.exists():
        raise Refused(
            f"{rule.slug} goes by public tests alone, and no problem of pool {pool.pk} has any: it would leave nobody "
            "out."
        )


def check_batch(pool: Pool, chosen: Price | None) -> None:
    """Raises Refused where the price, chosen or the pool's own, states no batch discount."""
    price = chosen or price_of(pool)
    if price is None or price.batch_discount is None:
        since = f"The price of {pool.model.slug} from {price.valid_from}" if price else f"No price of {pool.model.slug}"
        raise Refused(f"{since} states {'no' if price else 'a'} batch discount.")
