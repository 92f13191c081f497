"""What stands around the figures of a comparison: warnings, method, facts, hashes, prices, published results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from comparisons.metrics import BOOTSTRAP_CLUSTERS, DEFAULT_REPLAYS, RESAMPLES, cannot_reject, simultaneous_level, words
from comparisons.metrics.rows import RunRow
from comparisons.models import JudgedProblem, ProbeSource, ProblemVersion, Run
from comparisons.stages.costing import CORES, SLOTS


def warnings_of(
    runs: Sequence[Run], failed: Sequence[Run], rows: Sequence[RunRow], judged: Sequence[JudgedProblem]
) -> tuple[str, ...]:
    """Where the runs are not like with like, and what is missing in them; one sentence each."""
    labels = {row.run: row.label for row in rows}
    said = [f"Run {run.pk} ({run}) is left out: {run.state_reason or run.state}." for run in failed]
    said += [
        warning for name, value in _LIKE if (warning := _differs(name, {run.pk: value(run) for run in runs}, labels))
    ]
    said += _problems(judged, runs)
    asked: dict[int, set[str]] = defaultdict(set)
    for one in judged:
        asked[one.judging_id].add(one.problem.slug)
    everything = dict.fromkeys(one.problem.slug for one in judged)
    for row in rows:
        run = next(run for run in runs if run.pk == row.run)
        said += _incomplete(row, run, [slug for slug in everything if slug not in asked[run.judging_id]])
    return tuple(dict.fromkeys(said))


def method_of(
    runs: Sequence[Run], *, family: int, n_problems: int, has_clusters: bool, n_pairs: int = 0, n_rounded: int = 0
) -> tuple[tuple[str, str], ...]:
    """(label, text): how each kind of figure comes about. family: differences to the baseline; n_pairs: of all;
    n_rounded: problems whose packages state a score precision."""
    is_untimed = any(run.details["latency"]["probe_making_cpu_s"] is None for run in runs)
    untimed = "Making the probes was not timed and is not in it. " if is_untimed else ""
    has_lots = any(run.seeds > 1 for run in runs)
    lines = [
        ("Score", "The best submission of each subtask, summed (the rule of IOI); a strategy without lots is replayed "
         "once" + (", one that draws lots is the mean over its seeds." if has_lots else ".")),
        ("Random choice, ceilings", "Random-k is the exact expectation of k candidates drawn without replacement. "
         "Oracle-k is the best k candidates of the pool, no-limit all of them; both know the outcomes."),
        ("Over draws", f"These problems, other candidates of the same models: {DEFAULT_REPLAYS} replays, each on half "
         "of every unit's draws, without replacement and in a new order, brought to the scale of the whole; the wider "
         "of percentile and normal width. Runs on one pool meet the same halves. 95 % for scores."),
        ("Over problems", _over_problems(n_problems, family)),
        ("Families", _families(family, n_pairs)),
        ("Shown", "For problems like these: the interval over problems excludes 0. For these problems: only that "
         "over draws does. Else not shown; the smallest difference is half the width over problems."),
        ("Gap closed", "(score − random-k) / (oracle-k − random-k) on the same draws; the interval holds the "
         "ceiling fixed."),
        ("Cost", "The draws the rule needs, with all their attempts, at the list prices of the pool's date"
         + (", less the batch discount for runs counted in batches" if any(run.is_batch for run in runs) else "")
         + " (cached input and reasoning apart where they are priced). First-k and random-k: k draws "
         "(random-k of a narrower frame than all answers: as many as hold k of it, expected); public-filter: "
         "until k that differ pass; a rule that ranks the pool: all. Judging on hidden tests is evaluation and never "
         "charged."),
        ("Latency", f"Replayed, never measured: recorded call times of the draws needed on {SLOTS} requests at once, "
         f"public tests and probes on {CORES} cores, choosing as measured here, submissions one after another at 0 s; "
         f"problems in sequence. {untimed}Waits for rate limits and queues are apart."),
        ("Missing", "Truncated, refused and program-less answers score 0 and stay in n. Draws that were never answered "
         "leave n. Candidates without an outcome bound the score."),
    ]  # fmt: skip
    if n_rounded:
        lines.append(
            ("Rounding", f"The packages of {words.plural(n_rounded, 'problem')} round the score of a task. Scores of "
             "runs are not rounded: the expectation of a rounded sum has no closed form, and no rule may pass its "
             "ceiling by rounding. One program's score is, on its own page.")
        )  # fmt: skip
    if has_clusters:
        lines.append(
            ("Clusters", "Compiled candidates whose outputs agree on all probes of a subtask. Right: more than half of "
             "the members have its full score on the hidden tests; wrong: none scores; else partial.")
        )  # fmt: skip
    return tuple(lines)


def n_rounded(judged: Sequence[JudgedProblem]) -> int:
    """How many problems have a package that rounds the task's score, as CMS's do."""
    versions = ProblemVersion.objects.filter(pk__in={row.version_id for row in judged})
    return versions.filter(manifest__has_key="score_precision").values("problem").distinct().count()


def _over_problems(n_problems: int, family: int) -> str:
    if n_problems < BOOTSTRAP_CLUSTERS:
        degrees = words.plural(max(n_problems - 1, 0), "degree")
        how = f"t interval of the differences by problem, {degrees} of freedom"
    else:
        how = (
            f"bootstrap of the differences by problem ({words.number(RESAMPLES)} resamples, percentiles widened to "
            "those of t)"
        )
    cannot = cannot_reject(n_problems, family)
    beside = f"{cannot}, so none is made" if cannot else "beside it the exact sign-flip test, p adjusted by Holm"
    return f"Other problems like these: {how}; {beside}."


def _families(family: int, n_pairs: int) -> str:
    if n_pairs < 2:
        return "One difference: its intervals stand at 95 %."
    return (
        f"The {words.plural(family, 'difference')} to the baseline {'is' if family == 1 else 'are'} one family, all "
        f"{n_pairs} pairs another. In each, every interval stands at the level of its step by Holm (the first at "
        f"{words.number(100 * simultaneous_level(family), 1)} % of the one, "
        f"{words.number(100 * simultaneous_level(n_pairs), 2)} % of the other), so it excludes 0 exactly where Holm "
        "rejects: at most one family in twenty wrongly says of any difference that it is shown. Ranks, and the highest "
        "runs of two models, are taken from all pairs."
    )


def facts_of(
    runs: Sequence[Run], rows: Sequence[RunRow], judged: Sequence[JudgedProblem]
) -> tuple[tuple[str, str], ...]:
    """(label, text): the plain circumstances."""
    facts = [
        ("Problems", words.number(len({row.problem_id for row in judged}))),
        ("Draws a unit", _spread({run.first for run in runs})),
        ("Budget", _budget({run.budget for run in runs})),
        ("Seeds", _seeds(runs)),
        ("Judged", "; ".join(dict.fromkeys(_judged_words(run) for run in runs))),
    ]
    probes = list(dict.fromkeys(_probe_words(run) for run in runs if run.probing))
    if probes:
        facts.append(("Probes", "; ".join(probes)))
    for name, label in (("truncated", "Cut off"), ("refused", "Refused"), ("without_program", "Without a program"),
                        ("missing_draws", "Missing draws"), ("infra_errors", "Without an outcome")):  # fmt: skip
        by_pool = {row.pool_name: getattr(row, name) for row in rows if getattr(row, name)}
        if by_pool:
            facts.append((label, "; ".join(f"{pool}: {words.number(n)}" for pool, n in by_pool.items())))
    return tuple(facts)


def hashes_of(runs: Sequence[Run], judged: Sequence[JudgedProblem]) -> tuple[tuple[str, str], ...]:
    """(label, hash) of problem versions, pool revisions, judgings, environments, probe sets and runs."""
    hashes = [(f"Problem {row.problem.slug}", row.version.content_hash) for row in judged]
    for run in runs:
        hashes.append((f"Pool {run.revision}", run.revision.content_hash))
        hashes.append((f"Judging {run.judging_id}", run.judging.key))
        if run.judging.environment is not None:
            hashes.append((f"Environment of judging {run.judging_id}", run.judging.environment.key))
        if run.probing is not None:
            hashes.append((f"Probe set {run.probing.probe_set_id}", run.probing.probe_set.key))
    hashes += [(f"Run {run.pk}", run.details["content_hash"]) for run in runs]
    return tuple(dict.fromkeys(hashes))


def prices_of(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """(model, what its tokens cost) as the runs were priced."""
    lines: dict[tuple[str, str], None] = {}
    for run in runs:
        model = run.revision.pool.model.slug
        for price in run.details["prices"]:
            lines[(model, _price_words(price))] = None
        if not run.details["prices"]:
            lines[(model, "unknown")] = None
    return tuple(lines)


def _environment(run: Run, part: str) -> str:
    environment = run.judging.environment
    if environment is None or environment.is_elsewhere:
        return "scored elsewhere"
    value = environment.description.get(part, "")
    return ", ".join(f"{k} {v}" for k, v in sorted(value.items())) if isinstance(value, Mapping) else str(value)


def _probe_source(run: Run) -> str:
    if run.probing is None:
        return ""
    probe_set = run.probing.probe_set
    is_chosen = probe_set.source == ProbeSource.MODEL and probe_set.is_privileged
    return f"{probe_set.get_source_display()}{', chosen by the package’s validators' if is_chosen else ''}"


#: What runs must share to be like with like: how it is called, and its value in a run ("" leaves the run out).
_LIKE: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("The number of draws a unit", lambda run: words.number(run.first)),
    ("The attempt of each draw", lambda run: words.number(run.attempt) if run.attempt else "the last"),
    ("The budget", lambda run: "" if run.strategy.slug == "no-limit" else words.number(run.budget)),
    ("The formulation", lambda run: run.revision.pool.get_formulation_display()),
    ("The language asked for", lambda run: run.revision.pool.language or "any"),
    ("The effort", lambda run: run.revision.pool.effort or "not stated"),
    # Not said where a file did not state it: an unknown temperature is no other temperature.
    ("The temperature", lambda run: "" if (t := run.revision.pool.temperature) is None else f"{t:g}"),
    ("The rate of calls", lambda run: "batches" if run.is_batch else "list price"),
    ("The version of the prompt", lambda run: run.revision.pool.prompt_version),
    ("Where the scores come from", lambda run: _environment(run, "") or "judged here"),
    ("The isolation", lambda run: _environment(run, "isolation")),
    ("Compilers and interpreters", lambda run: _environment(run, "languages")),
    ("The source of probes", _probe_source),
)  # fmt: skip


def _differs(name: str, values: Mapping[int, str], labels: Mapping[int, str]) -> str:
    """ "The budget differs: 50 (a, b); 100 (c)." where it does, else ""."""
    groups: dict[str, list[str]] = defaultdict(list)
    for run, value in values.items():
        if value:
            groups[value].append(labels[run])
    if len(groups) < 2:
        return ""
    parts = [f"{value} ({_some(runs)})" for value, runs in sorted(groups.items())]
    verb = "differ" if name.startswith("Compilers") else "differs"
    return f"{words.NOT_LIKE} {name} {verb}: {'; '.join(parts)}."


def _some(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")


def _problems(judged: Sequence[JudgedProblem], runs: Sequence[Run]) -> list[str]:
    """Problems that not every judging has, or has in another version or under other limits."""
    by_problem: dict[str, list[JudgedProblem]] = defaultdict(list)
    for row in judged:
        by_problem[row.problem.slug].append(row)
    judgings = {run.judging_id for run in runs}
    said = []
    absent = [slug for slug, rows in by_problem.items() if {row.judging_id for row in rows} != judgings]
    if absent:
        said.append(f"Not every pool has draws for {_some(absent)}: differences are over the problems both have.")
    versions = [slug for slug, rows in by_problem.items() if len({row.version_id for row in rows}) > 1]
    if versions:
        said.append(f"{words.NOT_LIKE} Judged in different versions: {_some(versions)}.")
    limits = [slug for slug, rows in by_problem.items() if len({_limits(row) for row in rows if row.limits}) > 1]
    if limits:
        said.append(f"{words.NOT_LIKE} Judged under different limits: {_some(limits)}.")
    return said


def _limits(row: JudgedProblem) -> Any:
    return (row.limits.time_limit_s, row.limits.memory_limit_mib) if row.limits else None


def _incomplete(row: RunRow, run: Run, absent: Sequence[str]) -> list[str]:
    said = []
    if row.is_incomplete:
        reasons = [f"{slug}: {reason}" for slug, reason in run.details["unknown"].items()]
        reasons += [f"{slug}: no draws" for slug in absent]
        said.append(
            f"{row.label} is incomplete, between {words.points(row.lower)} and {words.points(row.upper)} points: "
            f"{'; '.join(reasons[:3])}."
        )
    if row.infra_errors:
        said.append(
            f"{words.plural(row.infra_errors, 'candidate')} of {row.pool_name} without an outcome (IE or not judged), "
            "never counted against the candidate."
        )
    if row.missing_draws:
        said.append(f"{words.plural(row.missing_draws, 'draw')} of {row.pool_name} missing: they leave n.")
    if run.is_batch and not run.revision.pool.is_batch:
        said.append(
            f"{row.label} is priced in batches, and its calls were made one by one: batches answer later than its "
            "latency says."
        )
    if row.cost_usd is None and row.kind == "strategy" and row.cost_missing:
        said.append(f"The cost of {row.model} is unknown: {', '.join(row.cost_missing)}.")
    return said


def _budget(budgets: set[int]) -> str:
    return f"{_spread(budgets)} submission{'' if budgets == {1} else 's'} a problem"


def _spread(values: set[int]) -> str:
    return words.number(min(values)) + (f" to {words.number(max(values))}" if len(values) > 1 else "")


def _seeds(runs: Sequence[Run]) -> str:
    lots = [run for run in runs if run.seeds > 1]
    if not lots:
        return "no rule here draws lots"
    return "; ".join(dict.fromkeys(f"{run.seeds} from seed {run.seed}" for run in lots))


def _judged_words(run: Run) -> str:
    environment = run.judging.environment
    if environment is None or environment.is_elsewhere:
        return f"{run.revision.pool.name}: scored elsewhere"
    isolation = _environment(run, "isolation")
    when = run.judging.finished_at or run.judging.created_at
    return f"{run.revision.pool.name}: {when:%Y-%m-%d}" + (f", isolation {isolation}" if isolation else "")


def _probe_words(run: Run) -> str:
    assert run.probing is not None
    probe_set = run.probing.probe_set
    is_generated = probe_set.source == ProbeSource.GENERATED
    there = [row.n_valid if is_generated else len(row.inputs) for row in probe_set.probes.only("inputs", "n_valid")]
    least, most = min(there, default=0), max(there, default=0)
    is_short = not is_generated and least < probe_set.n
    kept = f" ({least if least == most else f'{least} to {most}'} there)" if is_short else ""
    asked = "of each sample" if is_generated else "asked for a subtask"
    return f"{probe_set.n} {asked}{kept}, {_probe_source(run)}, seed {probe_set.seed}"


def _taken_off(price: Mapping[str, Any]) -> str:
    discount = price["batch_discount"]
    return "an unknown share" if discount is None else words.share(float(discount))


def _price_words(price: Mapping[str, Any]) -> str:
    def usd(name: str) -> str:
        value = price[f"{name}_usd_per_mtok"]
        return f"{Decimal(value).normalize():f}" if value is not None else "unknown"

    classes = [
        f"{name.replace('_', ' ')} {usd(name)}"
        for name in ("input", "cached_input", "output", "reasoning")
        if name in ("input", "output") or price[f"{name}_usd_per_mtok"] is not None
    ]
    text = f"{', '.join(classes)} USD per million tokens, from {price['valid_from']}"
    if "batch_discount" in price:
        text += f", less {_taken_off(price)} in batches"
    source = f" ({price['source']})" if price["source"] else ""
    return text + source
