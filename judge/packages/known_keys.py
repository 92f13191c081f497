"""Keys of a package's files that no format knows: most are slips of the pen, which would change scores without a word.

They are no reason to refuse a package, for formats grow and people keep notes; so each is said. So is each key that a
format knows and that has no effect here, where it says something else than its default; only what describes a problem
(who wrote it, what it is about) is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from judge.near import near_names


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

#: A case or batch of init.yml, which can say for itself what the top says for all, and what stands for a list of them.
CASE = INIT | _words("batched case_points in input_format out output_format")
#: task.yaml of the Italian layout, as CMS and task-maker read it: what scores do not depend on is there, too.
TASK = _words(
    "controller_memory_limit controller_process_limit controller_time_limit difficulty feedback_level infile "
    "max_submission_number max_user_test_number memlimit memory_limit min_submission_interval "
    "min_submission_interval_grace_period min_user_test_interval n_input name nome nome_breve num_processes outfile "
    "output_only primary_language public_testcases risultati score_mode score_precision score_type "
    "score_type_parameters syllabuslevel time_limit timeout title token_gen_initial token_gen_interval token_gen_max "
    "token_gen_number token_gen_time token_initial token_max token_max_number token_min_interval token_mode "
    "token_total total_value user_io version"
)
#: Lines of gen/GEN that say more than a test's arguments.
GEN = _words("#COPY: #ST: #STDEP: #STNAME:")
#: problem.json of CMS's exports, its task_type_params, and the files of subtasks/.
CMS = _words(
    "code feedback_level memory_limit name protocol_version score_precision score_type task_type task_type_params "
    "time_limit"
)
CMS_PARAMETERS = _words("compilation io_0_inputfile io_1_outputfile num_processes output_eval user_io user_managers")
CMS_SUBTASK = _words("score score_type testcases threshold")
#: problem.json of TPS, in the shapes it had from IOI 2017 on; subtasks.json, one subtask in it, one of solutions.json.
TPS = _words(
    "code cpp_enabled description grader_name has_checker has_grader has_manager has_markdown_statement java_enabled "
    "memory_limit name num_processes num_sol_processes pascal_enabled python_enabled time_limit title tps_web_url type "
    "type_params"
)
TPS_SUBTASKS = _words("global_validators subtask_sensitive_validators subtasks")
TPS_SUBTASK = _words("description index score text validators")
TPS_SOLUTION = _words("description except verdict")

#: Keys that are known and have no effect here, with the values that say nothing. Of problem.yaml and its limits, which
#: are a judge's usual ones; of groups and tests, where they tell how results are shown.
PROBLEM_UNUSED: Mapping[str, tuple[object, ...]] = {
    "allow_file_writing": (False,),
    "interactor_flags": ("", []),
    "libraries": ("", []),
}
LIMITS_UNUSED: Mapping[str, tuple[object, ...]] = {
    "compilation_memory": (2048,),
    "compilation_time": (60,),
    "time_limit_to_tle": (1.5,),
    "time_safety_margin": (2,),
    "validation_memory": (2048,),
    "validation_output": (8,),
    "validation_time": (60,),
}
GRADING = _words("accept_score objective on_reject range reject_score show_test_data_groups")
GROUP_UNUSED: Mapping[str, tuple[object, ...]] = {
    "full_feedback": (False,),
    "input_visualizer_args": ([],),
    "output_visualizer_args": ([],),
    "run_samples": (True,),
}
#: What a test's own file may say.
TEST = _words(
    "args description full_feedback hint input_validator_args input_validator_flags input_visualizer_args "
    "output_validator_args output_validator_flags output_visualizer_args"
)
#: Of init.yml; and what its programs are told. A language is told by a file's name.
INIT_UNUSED: Mapping[str, tuple[object, ...]] = {
    "hints": ([], {}),
    "output_prefix_length": (0, 64),
    "symlinks": ([], {}),
    "unbuffered": (False,),
    "wall_time_factor": (3,),
}
BRIDGED = _words(
    "args_format_string cached compiler_time_limit feedback files flags lang memory_limit time_limit "
    "treat_checker_points_as_percentage type"
)
INTERACTIVE = BRIDGED | _words("preprocessing_time unbuffered")
GENERATOR = _words("args compiler_time_limit flags language memory_limit name source time_limit")
PROGRAM_UNUSED: Mapping[str, tuple[object, ...]] = {
    "compiler_time_limit": (),
    "feedback": (True,),
    "flags": ([],),
    "memory_limit": (),
    "preprocessing_time": (0,),
    "time_limit": (),
    "unbuffered": (True,),
}
#: The arguments of DMOJ's own checkers.
COMPARISON = _words(
    "error_mode feedback filler_lines_required filter_new_line pe_allowed point_distribution precision split_on"
)

#: Of task.yaml and CMS's problem.json: the best submission of a subtask counts, and contestants learn what IOI's do.
TASK_UNUSED: Mapping[str, tuple[object, ...]] = {
    "feedback_level": ("restricted", "oi_restricted"),
    "max_submission_number": (),
    "min_submission_interval": (0,),
    "public_testcases": ("",),
    "risultati": ("",),
    "score_mode": ("max_subtask",),
    "token_initial": (0,),
    "token_mode": ("disabled",),
}
CMS_UNUSED = TASK_UNUSED
TPS_UNUSED: Mapping[str, tuple[object, ...]] = {
    "cpp_enabled": (True,),
    "grader_name": ("", "grader"),
    "java_enabled": (True,),
    "pascal_enabled": (True, False),
    "python_enabled": (True,),
    "type_params": ([], {}, ""),
}


def without_effect(where: str, given: Mapping[str, object], unused: Mapping[str, Sequence[object]]) -> list[str]:
    """One sentence for all keys of the file `where` that say other than the values of `unused`; [] for none."""
    return ineffective(where, [key for key, values in unused.items() if _says_other(given, key, values)])


def ineffective(where: str, words: Sequence[str]) -> list[str]:
    """One sentence for all these words of the file `where`; [] for none."""
    named = ", ".join(f'"{word}"' for word in words)
    return [f"{where}: {named} {'has' if len(words) == 1 else 'have'} no effect here"] if words else []


def outvoted(where: str, given: Mapping[str, object], there: Mapping[str, object]) -> list[str]:
    """One sentence for all keys of the file `where` that say other than what is `there` in the package; [] for none."""
    odd = [f'"{key}"' for key, value in there.items() if _says_other(given, key, (value,))]
    verb = "says" if len(odd) == 1 else "say"
    return [f"{where}: {', '.join(odd)} {verb} other than what the package holds, which counts"] if odd else []


def _says_other(given: Mapping[str, object], key: str, values: Sequence[object]) -> bool:
    return given.get(key) is not None and given[key] not in values


def unknown(where: str, given: Iterable[object], known: frozenset[str], *, what: str = "key") -> list[str]:
    """A sentence for each of the words `given` in the file `where` that is not `known`; some, and how many more."""
    odd = sorted({str(word) for word in given} - known)
    said = [f'{where}: the {what} "{word[:40]}" is not known and has no effect{_near(word, known)}' for word in odd]
    if len(said) > _MOST:
        said[_MOST:] = [f"{where}: {len(said) - _MOST} more words are not known and have no effect"]
    return said


def _near(word: str, known: frozenset[str]) -> str:
    near = near_names(word, sorted(known), most=1)
    return f' (is it "{near[0]}"?)' if near else ""
