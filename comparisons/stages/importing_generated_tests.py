"""A file of generated tests -> what it holds for a set's problems, then rows of a pool. Bytes become blobs first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comparisons.models import GeneratedTests, Pool, ProblemSet, blobs
from comparisons.samplers.generated_tests import RawTests, SampledTests, prompt_key, read_generated_tests
from comparisons.stages.completing import functions_of
from comparisons.stages.importing_pools import Skipped
from judge.errors import RecordError


@dataclass(frozen=True)
class StoredTests:
    """The stored tests of one problem."""

    problem: int
    entry_point: str
    n_samples: int
    n_tests: int
    digest: str


@dataclass
class GeneratedTestsScan:
    """What a file of generated tests holds for a set. `empty_samples`: samples in which no test was found."""

    records: int = 0
    problems: list[StoredTests] = field(default_factory=list)
    empty_samples: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    unmatched: Counter[str] = field(default_factory=Counter)

    def to_data(self) -> dict[str, Any]:
        """Counts of the report; what was left out is named."""
        return {
            "records": self.records,
            "problems": len(self.problems),
            "samples": sum(item.n_samples for item in self.problems),
            "tests": sum(item.n_tests for item in self.problems),
            "samples_without_tests": self.empty_samples,
            "unmatched": [{"problem": name, "records": n} for name, n in self.unmatched.most_common()],
            "skipped": [{"record": s.record, "line": s.line or None, "reason": s.reason} for s in self.skipped],
        }


def scan_generated_tests(
    path: Path, problem_set: ProblemSet, *, skip_errors: bool = False, is_preview: bool = False
) -> GeneratedTestsScan:
    """Reads the file and stores the tests of the set's problems as blobs, for a preview nothing; records of one problem
    are joined in file order. Raises RecordError for the first record that cannot be read (unless skipped), and where
    none is for a problem of the set."""
    found = GeneratedTestsScan()
    ids = dict(problem_set.problems.values_list("slug", "pk"))
    entry_points = {slug: _entry_point(said) for slug, said in functions_of(problem_set).items()}
    samples: dict[str, list[str]] = {}
    for slug, record in _matched(found, path, problem_set, ids, skip_errors):
        samples.setdefault(slug, []).extend(record.samples)
        if record.entry_point:
            entry_points[slug] = record.entry_point
    for slug, drawn in samples.items():
        tests = SampledTests.parse(tuple(drawn), entry_points.get(slug, ""))
        found.empty_samples += sum(not some for some in tests.tests)
        digest = "" if is_preview else blobs.put(tests.to_bytes())
        found.problems.append(
            StoredTests(ids[slug], tests.entry_point[:120], len(tests.samples), tests.n_tests, digest)
        )
    if not found.problems:
        raise RecordError(path.name, 0, _nothing(found, problem_set))
    return found


def write_generated_tests(pool: Pool, problems: Sequence[StoredTests]) -> None:
    """The rows of a scan. One query."""
    GeneratedTests.objects.bulk_create(
        GeneratedTests(
            pool=pool,
            problem_id=item.problem,
            entry_point=item.entry_point,
            n_samples=item.n_samples,
            n_tests=item.n_tests,
            digest=item.digest,
        )
        for item in problems
    )


def _matched(
    found: GeneratedTestsScan, path: Path, problem_set: ProblemSet, ids: Mapping[str, int], skip_errors: bool
) -> Iterator[tuple[str, RawTests]]:
    """(slug, record) of every record for a problem of the set; the others are counted."""
    prompts = {
        prompt_key(str(said["prompt"])): slug for slug, said in functions_of(problem_set).items() if said.get("prompt")
    }
    for record in read_generated_tests(path):
        found.records += 1
        if isinstance(record, RecordError):
            if not skip_errors:
                raise record
            found.skipped.append(Skipped(found.records, record.line, record.reason))
            continue
        slug = record.problem or prompts.get(record.prompt, "")
        if slug in ids:
            yield slug, record
        else:
            found.unmatched[slug or f"a problem with the prompt {record.prompt.strip()[:40]!r}"] += 1


def _entry_point(said: Mapping[str, Any]) -> str:
    names = said.get("entry_points") or [""]
    return str(names[0])


def _nothing(found: GeneratedTestsScan, problem_set: ProblemSet) -> str:
    if not found.unmatched:
        return "holds no generated tests that can be read" if found.skipped else "holds no records"
    return (
        f"none of its {found.unmatched.total():,} records of generated tests is for a problem of the set"
        f" {problem_set.slug} (the first is for {next(iter(found.unmatched))!r})"
    )
