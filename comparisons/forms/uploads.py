"""Forms of the uploads: a file is staged, shown, then confirmed. Errors of packages and records become form errors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from comparisons.actions import pools, problems, uploads
from comparisons.actions.pools import POOL_FORMATS, PoolImportReport
from comparisons.actions.problems import PROBLEM_FORMATS, ImportReport, PreviewedProblem
from comparisons.models import ProblemSet, User, Visibility
from comparisons.samplers.formats import FORMATS
from comparisons.samplers.records import MAPPABLE
from comparisons.stages.importing_generated_tests import GeneratedTestsScan
from comparisons.stages.previewing_pools import PoolPreview
from judge.errors import PodiumError

FORMAT_NAMES = {
    "auto": "told by its content",
    "kattis": "Kattis package",
    "polygon": "Polygon package",
    "cms": "CMS export (IOI)",
    "tps": "TPS task",
    "italian": "Italian layout (task.yaml)",
    "dmoj": "DMOJ (init.yml)",
    "codecontests": "CodeContests",
    "humaneval": "HumanEval-style",
    "answers": "short answers",
    "livecodebench": "LiveCodeBench",
    "plain": "plain tests (X.in, X.out)",
    **{slug: form.title for slug, form in FORMATS.items()},
}
#: What the mapping offers, in this order, with what stands beside it.
MAPPED = {
    "problem": "problem",
    "source": "program",
    "raw": "raw answer",
    "index": "draw",
    "subtask": "aimed subtask",
    "attempt": "attempt",
    "language": "language",
    "answer": "short answer",
    "input_tokens": "input tokens",
    "cached_input_tokens": "cached input tokens",
    "output_tokens": "output tokens",
    "reasoning_tokens": "reasoning tokens",
    "latency_s": "latency (s)",
    "finish_reason": "finish reason",
    "scores": "scores",
}


class SetFields(forms.Form):
    """What is said of the set and its limits, in both steps of a problem upload."""

    slug = forms.SlugField(
        label="Short name", max_length=80, help_text="In addresses and commands; made if it is new.",
        error_messages={"invalid": "Letters, digits, - and _ only: it stands in addresses."},
    )  # fmt: skip
    title = forms.CharField(label="Title", max_length=200, required=False)
    note = forms.CharField(
        label="How it was chosen",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown wherever figures of this set are.",
    )
    visibility = forms.ChoiceField(label="Who sees it", choices=Visibility.choices, initial=Visibility.SHARED)
    format = forms.ChoiceField(choices=[(name, FORMAT_NAMES.get(name, name)) for name in PROBLEM_FORMATS])
    time_limit_s = forms.FloatField(
        label="Time limit (s)",
        min_value=0.05,
        max_value=600,
        required=False,
        help_text="CPU seconds, for every problem, instead of the package's.",
    )
    memory_limit_mib = forms.IntegerField(label="Memory limit (MiB)", min_value=8, max_value=65536, required=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ProblemUploadForm(SetFields):
    """First step: the file. `stage` keeps it for the preview and gives its token."""

    file = forms.FileField(label="File", help_text="A package or several as a zip, or problems as JSON lines.")
    statements = forms.FileField(
        label="Statements", required=False, help_text="For LiveCodeBench problems: a samples file that has them."
    )
    field_order = ["file", "slug", "title"]

    def stage(self) -> str | None:
        """The token of the staged upload after its packages were read, or None."""
        file, statements = self.cleaned_data["file"], self.cleaned_data.get("statements")
        try:
            token = uploads.stage_upload(self.user, file, statements)
        except PodiumError as error:
            self.add_error("file", str(error))
            return None
        try:
            problems.preview_upload(
                self.user, token, slug=self.cleaned_data["slug"], format=self.cleaned_data["format"]
            )
        except PodiumError as error:
            uploads.discard_upload(self.user, token)
            self.add_error("file", str(error))
            return None
        return token


class ProblemConfirmForm(SetFields):
    """Second step: the preview, and the import. Give it the first step's fields and the token."""

    token = forms.CharField(widget=forms.HiddenInput)

    def preview(self) -> list[PreviewedProblem] | None:
        """The problems as they would be imported, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            return problems.preview_upload(self.user, values["token"], slug=values["slug"], format=values["format"])
        except PodiumError as error:
            self.add_error(None, str(error))
            return None

    def save(self) -> ImportReport | None:
        """Imports, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            return problems.confirm_upload(
                self.user,
                values["token"],
                slug=values["slug"],
                title=values["title"] or None,
                note=values["note"] or None,
                visibility=values["visibility"],
                format=values["format"],
                time_limit_s=values["time_limit_s"],
                memory_limit_mib=values["memory_limit_mib"],
            )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None


class PoolFields(forms.Form):
    """What is said of a pool, in both steps of its upload."""

    problem_set = forms.ModelChoiceField(queryset=ProblemSet.objects.none(), to_field_name="slug", empty_label=None)
    model = forms.CharField(label="Model", max_length=80, help_text="Made where it is not known yet.")
    name = forms.CharField(label="Name", max_length=120, required=False)
    format = forms.ChoiceField(choices=[(name, FORMAT_NAMES.get(name, name)) for name in POOL_FORMATS])
    is_batch = forms.BooleanField(
        label="Billed at the batch rate", required=False, help_text="Its calls cost less the price's batch discount."
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        field = self.fields["problem_set"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = ProblemSet.objects.visible_to(user)


class PoolUploadForm(PoolFields):
    """First step: the file. `stage` keeps it for the preview and gives its token."""

    file = forms.FileField(
        label="File", help_text="JSON, Parquet, an Inspect log, or a zip of score tables; gzip is fine."
    )
    generated_tests = forms.FileField(
        label="Generated tests",
        required=False,
        help_text="JSON lines of tests that the model wrote (CodeT's). Strategies may use them, scores never do.",
    )
    field_order = ["file", "generated_tests", "problem_set", "model", "name", "format"]

    def stage(self) -> str | None:
        """The token of the staged upload after its records were looked at, or None."""
        values = self.cleaned_data
        file: UploadedFile = values["file"]
        try:
            token = uploads.stage_upload(self.user, file, values["generated_tests"])
        except PodiumError as error:
            self.add_error("file", str(error))
            return None
        looked_at = "file"
        try:
            pools.preview_upload(self.user, token, values["problem_set"], format=values["format"])
            looked_at = "generated_tests"
            pools.preview_generated_tests(self.user, token, values["problem_set"])
        except PodiumError as error:
            uploads.discard_upload(self.user, token)
            self.add_error(looked_at, str(error))
            return None
        return token


class PoolConfirmForm(PoolFields):
    """Second step: the first rows, the mapping of keys, and the import.

    Give it the first step's fields and the token. Keys are mapped by the fields `map_<key>` (`mapping_fields`), which
    offer the file's keys; `preview` is read by the mapping that was sent, or by the suggested one at first.
    """

    token = forms.CharField(widget=forms.HiddenInput)
    on_error = forms.ChoiceField(
        label="Records that cannot be read",
        choices=[("refuse", "import nothing"), ("skip", "leave them out")],
        required=False,
        initial="refuse",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        for key in MAPPED:
            self.fields[f"map_{key}"] = forms.CharField(label=MAPPED[key], required=False, widget=forms.Select)
        self.shown: PoolPreview | None = None
        self.tests: GeneratedTestsScan | None = None

    def mapping_fields(self) -> list[forms.BoundField]:
        """The fields of the mapping; none where nothing could be read."""
        return [self[f"map_{key}"] for key in MAPPED] if self.shown is not None else []

    @property
    def mapping(self) -> dict[str, str]:
        """The mapping that was sent. Needs `is_valid()`."""
        sent = {key: self.cleaned_data.get(f"map_{key}", "") for key in MAPPED}
        return {key: name for key, name in sent.items() if name and name != key and key in MAPPABLE}

    def preview(self) -> PoolPreview | None:
        """What would be imported, or None with the error on the form. Needs `is_valid()`. Fills the choices."""
        try:
            shown = self._preview(self.mapping)
            if not any(f"map_{key}" in self.data for key in MAPPED) and shown.suggested:
                shown = self._preview(dict(shown.suggested))
            self.tests = pools.preview_generated_tests(
                self.user, self.cleaned_data["token"], self.cleaned_data["problem_set"]
            )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None
        self.shown = shown
        data = {name: self.data[name] for name in self.data}
        for key in MAPPED:
            kept = shown.mapping.get(key) or next((name for name in (key, f"usage.{key}") if name in shown.keys), "")
            names = [*shown.keys, *([kept] if kept and kept not in shown.keys else [])]
            self.fields[f"map_{key}"].widget.choices = [("", "not in the file"), *((n, n) for n in names)]
            data[self.add_prefix(f"map_{key}")] = kept
        # So that the page shows the mapping the rows were read by.
        self.data = data
        return shown

    def save(self) -> PoolImportReport | None:
        """Imports, or None with the error on the form. Needs `is_valid()`."""
        values = self.cleaned_data
        try:
            return pools.confirm_upload(
                self.user,
                values["token"],
                problem_set=values["problem_set"],
                model_slug=values["model"],
                format=values["format"],
                mapping=self.mapping,
                name=values["name"],
                on_error=values["on_error"] or "refuse",
                is_batch=values["is_batch"],
            )
        except PodiumError as error:
            self.add_error(None, str(error))
            return None

    def _preview(self, mapping: dict[str, str]) -> PoolPreview:
        values = self.cleaned_data
        return pools.preview_upload(self.user, values["token"], values["problem_set"], mapping, format=values["format"])
