"""Every format of samples uploaded by a browser: preview, mapping of keys, pool; and bad ones, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story import pool_files
from tests.story.pool_files import PoolFile, lines
from tests.story.serving import Serving
from tests.story.watching import DESK, PAGE_MS, Watch, look, violations

pytestmark = pytest.mark.browser

BAD: dict[str, tuple[str, bytes, bytes, str]] = {
    "cut gzip": ("a.gz", b"\x1f\x8b broken", b"", "a.gz: is no complete gzip file"),
    "a zip of nothing": ("a.zip", b"PK\x03\x04 broken", b"", "a.zip: is no complete zip file"),
    "Parquet": ("a.parquet", b"PAR1 broken", b"", "a.parquet: is no Parquet file that can be read"),
    "no JSON": ("a.jsonl", b"hello\n", b"", "a.jsonl, line 1: is not JSON"),
    "tests of other problems": (
        "a.jsonl", lines(pool_files.DRAW), lines({"task_id": "Other/9", "samples": ["f(1) == 2"]}),
        "none of its 1 records of generated tests is for a problem of the set formats",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser, podium: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Somebody signed in, with the set that all files are for."""
    folder = tmp_path_factory.mktemp("problems")
    for name, record in (("plain", pool_files.PLAIN), ("function", pool_files.FUNCTION)):
        path = folder / f"{name}.jsonl"
        path.write_bytes(lines(record))
        podium.command("import_problems", str(path), "--set", "formats", "--time-limit", "2")
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(PAGE_MS)
    watch = Watch(context, podium.address)
    watch.expected = {422}
    page = context.new_page()
    page.goto(podium.command("sign_in_link"))
    yield page
    context.close()
    assert (watch.errors, watch.strangers) == ([], [])


def upload(page: Page, podium: Serving, name: str, content: bytes, tests: bytes = b"") -> None:
    page.goto(podium.address + "/pools/upload/?set=formats")
    page.get_by_label("File", exact=True).set_input_files({"name": name, "mimeType": "x/y", "buffer": content})
    if tests:
        file = {"name": "tests.jsonl", "mimeType": "x/y", "buffer": tests}
        page.get_by_label("Generated tests").set_input_files(file)
    page.get_by_label("Model").fill("model-of-formats")
    page.get_by_role("button", name="Show the first rows").click()


def test_every_format_is_shown_and_imported(page: Page, podium: Serving, tmp_path: Path) -> None:
    faults: list[str] = []
    for what, file in pool_files.made(tmp_path).items():
        upload(page, podium, file.name, file.content, file.generated_tests)
        expect(page.get_by_role("heading", level=1)).to_have_text(_read(file))
        expect(page.locator("#rows-t + span")).to_have_text(file.title)
        shown = page.locator("table.preview tbody tr").first.locator("td")
        assert tuple(shown.nth(place).inner_text() for place in (5, 6, 7)) == file.known, what
        assert _mapped(page, "problem") == ("task" if file.maps else "problem"), what
        faults += look(page, f"preview-{what}") if what in ("Podium", "CodeT") else violations(page)
        if file.generated_tests:
            expect(page.locator(".note")).to_contain_text("3 generated tests of 1 problem in 2 samples come with it.")
        page.get_by_role("button", name="Import").click()
        expect(page.locator("main")).to_contain_text("imported.")
        expect(page.get_by_role("link", name="model-of-formats").first).to_be_visible()
    assert faults == []


def test_bad_uploads_give_one_sentence(page: Page, podium: Serving) -> None:
    for what, (name, content, tests, said) in BAD.items():
        upload(page, podium, name, content, tests)
        expect(page.locator(".err, .note.bad")).to_have_count(1)
        expect(page.locator(".err, .note.bad"), what).to_contain_text(said)
        expect(page.get_by_label("Model")).to_have_value("model-of-formats")


def test_keys_are_mapped_by_hand_and_rows_read_again(page: Page, podium: Serving) -> None:
    upload(page, podium, "odd.jsonl", lines({"where": "nile", "what": "a = 1", "seconds": 3}))
    expect(page.locator(".note.bad")).to_contain_text("1 record cannot be read.")
    for label, key in (("problem", "where"), ("program", "what"), ("latency (s)", "seconds")):
        page.get_by_label(label, exact=True).select_option(key)
    page.get_by_role("button", name="Read again").click()
    cells = page.locator("table.preview tbody tr").first.locator("td")
    expect(cells.nth(1)).to_have_text("nile")
    assert [cells.nth(place).inner_text() for place in (4, 5, 7)] == ["a = 1", "–", "3.00"]
    assert "csrf" not in page.url
    expect(page.get_by_role("button", name="Import 1 candidate")).to_be_enabled()


def _read(file: PoolFile) -> str:
    return f"{file.records} record{'' if file.records == 1 else 's'} read"


def _mapped(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).input_value()
