"""Uploads that cannot be read: one sentence on the page, nothing imported."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story import making
from tests.story.serving import Serving
from tests.story.watching import DESK, PAGE_MS, Watch, violations

pytestmark = pytest.mark.browser


def cut_zip() -> bytes:
    whole = making.problem_zip("ribbons")
    return whole[: len(whole) // 2]


def zip_without_tests() -> bytes:
    return making.problem_zip("ribbons", without="data")


def zip_of_something_else() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("holiday/beach.txt", "sun")
    return packed.getvalue()


@pytest.fixture
def page(browser: Browser, podium: Serving) -> Iterator[Page]:
    """The browser of a person who is signed in; at the end no script has failed and nobody else was asked."""
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(PAGE_MS)
    watch = Watch(context, podium.address)
    watch.expected = {404, 422}
    page = context.new_page()
    page.goto(podium.command("sign_in_link"))
    yield page
    context.close()
    assert (watch.errors, watch.strangers) == ([], [])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (cut_zip, "upload.zip: is not a zip file that can be read"),
        (zip_without_tests, "ribbons/data: is missing: the package has no tests"),
        (zip_of_something_else, "upload.zip: is no problem package"),
    ],
)
def test_bad_package_is_refused_in_one_sentence(
    page: Page, podium: Serving, make: Callable[[], bytes], said: str
) -> None:
    page.goto(podium.address + "/problem-sets/upload/")
    file = {"name": "upload.zip", "mimeType": "application/zip", "buffer": make()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Short name").fill("refused")
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator(".err, .note.bad")).to_have_count(1)
    expect(page.locator(".err, .note.bad")).to_contain_text(said)
    expect(page.get_by_label("Short name")).to_have_value("refused")
    assert violations(page) == []
    page.goto(podium.address + "/problem-sets/refused/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")


def test_bad_line_is_named_and_nothing_is_imported(
    page: Page, podium: Serving, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = tmp_path_factory.mktemp("packages") / "ribbons.zip"
    package.write_bytes(making.problem_zip("ribbons"))
    podium.command("import_problems", str(package), "--set", "spare", "--time-limit", "2")
    records = making.lines(making.candidates({"ribbons": making.WEAK["ribbons"]})).splitlines(keepends=True)
    page.goto(podium.address + "/pools/upload/?set=spare")
    file = {"name": "samples.jsonl", "mimeType": "application/jsonl", "buffer": b"".join([records[0], b'{"a": \n'])}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Model").fill("model-of-bad-lines")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.locator(".note.bad")).to_contain_text("1 record cannot be read. samples.jsonl, line 2: is not JSON")
    expect(page.get_by_role("button", name="Import 1 candidate, leave out 1 unreadable record")).to_be_visible()
    assert violations(page) == []
    page.goto(podium.address + "/models/model-of-bad-lines/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here")
