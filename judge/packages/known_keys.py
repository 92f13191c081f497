"""Keys of a package's files that no format knows: most are slips of the pen, which would change scores without a word.

They are no reason to refuse a package, for formats grow and people keep notes; so each is said.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: What a report says of one file at most.
_MOST = 5
#: problem.yaml, of the legacy format, 2023-07 and 2025-09 together.
PROBLEM = _words(
    "allow_file_writing author constants contributors credits embargo_until grading interactor_flags keywords "
    "languages libraries license limits name problem_format_version rights_owner source source_url statement type "
    "uuid validation validator_flags version"
)
#: Its section `limits`.
LIMITS = _words(
    "code compilation_memory compilation_time memory output time_limit time_multiplier time_multipliers "
    "time_resolution time_safety_margin validation_memory validation_output validation_passes validation_time"
)
#: testdata.yaml and test_group.yaml.
GROUP = _words(
    "accept_score args full_feedback grader_args grader_flags grading hint description input_validator_args "
    "input_validator_flags input_visualizer_args max_score on_reject output_validator_args output_validator_flags "
    "output_visualizer_args range reject_score require_pass run_samples score_aggregation scoring static_validation "
    "static_validation_score static_validator_args"
)
#: What the default grader is told of its members.
GRADER = _words("accept_if_any_accepted always_accept avg first_error ignore_sample max min no_errors sum worst_error")

#: The top of DMOJ's init.yml, as dmoj 4.1.0 reads it, and what this judge takes from it besides.
INIT = _words(
    "archive binary_data checker custom_judge dependencies file_io generator generator_args hints interactive "
    "memory_limit meta name output_limit_length output_prefix_length points pretest_test_cases signature_grader "
    "symlinks test_cases time_limit unbuffered wall_time_factor"
)


def unknown(where: str, given: Iterable[object], known: frozenset[str], *, what: str = "key") -> list[str]:
    """A sentence for each of the words `given` in the file `where` that is not `known`; some, and how many more."""
    odd = sorted({str(word) for word in given} - known)
    said = [f'{where}: the {what} "{word[:40]}" is not known and has no effect{_near(word, known)}' for word in odd]
    if len(said) > _MOST:
        said[_MOST:] = [f"{where}: {len(said) - _MOST} more words are not known and have no effect"]
    return said


def _near(word: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(word[:40], sorted(known), 1, 0.6)
    return f' (is it "{near[0]}"?)' if near else ""
