"""The main job in a browser, from an empty folder to the exported comparison, as a newcomer does it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.story import making
from tests.story.serving import Serving
from tests.story.watching import DESK, PAGE_MS, Watch, look, shot

pytestmark = pytest.mark.browser

#: Judging and replaying, on a machine that does other things too.
WORK_MS = 180_000
expect.set_options(timeout=PAGE_MS)


@pytest.fixture
def context(browser: Browser, podium: Serving, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that nobody is signed in with."""
    opened = browser.new_context(viewport=DESK, accept_downloads=True)
    opened.set_default_timeout(PAGE_MS)
    yield opened
    opened.close()


def test_story_from_empty_home_to_report(context: BrowserContext, podium: Serving, tmp_path: Path) -> None:
    watch = Watch(context, podium.address)
    watch.expected = {422}
    page = context.new_page()
    faults = sign_in(page, podium)
    faults += upload_problems(page)
    faults += read_problem(page)
    upload_weak_pool(page)
    faults += preview_strong_pool(page)
    faults += price(page, podium, "small-model", "0.1", "0.4") + price(page, podium, "large-model", "2", "8")
    for pool in ("Weak", "Strong"):
        faults += judge_and_probe(page, podium, pool)
    for pool, rules in {"Weak": ("random-k", "largest-cluster"), "Strong": ("random-k", "first-k")}.items():
        for rule in (*rules, "public-filter"):
            replay(page, podium, pool, rule)
    faults += [*look(page, "run")]
    faults += compare(page)
    read_comparison(page)
    check_downloads(page, tmp_path)
    faults += open_report(context, page, tmp_path)
    faults += read_candidate(page)
    faults += look_around(page, podium)
    sign_out(page, podium)
    assert (faults, watch.errors, watch.strangers) == ([], [], [])


def sign_in(page: Page, podium: Serving) -> list[str]:
    page.goto(podium.link)
    expect(page).to_have_url(podium.address + "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing measured yet")
    expect(page.locator(".steps > li")).to_have_count(3)
    return look(page, "home-empty")


def upload_problems(page: Page) -> list[str]:
    page.get_by_role("link", name="Upload a package").click()
    faults = look(page, "problems-upload")
    file = {"name": "story.zip", "mimeType": "application/zip", "buffer": making.problem_zip(*making.PROBLEMS)}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Short name").fill("story")
    page.get_by_label("Title").fill("Two demo problems")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 problems read")
    expect(page.locator("tbody tr")).to_contain_text(["Ferry Season", "Festival Ribbons"])
    faults += look(page, "problems-preview")
    page.get_by_role("button", name="Import 2 problems").click()
    expect(page.get_by_role("status")).to_contain_text("2 problems imported: new or changed")
    # The limits are measured meanwhile, and the page follows.
    expect(page.locator("#problems")).not_to_contain_text("measuring limits", timeout=WORK_MS)
    expect(page.locator("#problems tbody .source-of")).to_have_text(["measured", "package", "package", "package"])
    return faults + look(page, "problem-set")


def read_problem(page: Page) -> list[str]:
    page.get_by_role("link", name="Festival Ribbons").click()
    expect(page.locator(".prose")).to_contain_text("ribbon")
    expect(page.locator("tr[id^=subtask-]")).to_have_count(4)
    faults = look(page, "problem")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Two demo problems").click()
    return faults


def choose_pool_file(page: Page, name: str, model: str, content: bytes) -> None:
    """The first step of a pool's upload, from the page of the problem set."""
    page.goto(re.sub(r"(https?://[^/]+)/.*", r"\1/pools/upload/?set=story", page.url))
    file = {"name": f"{model}.jsonl", "mimeType": "application/jsonl", "buffer": content}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Model").fill(model)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Show the first rows").click()


def upload_weak_pool(page: Page) -> None:
    choose_pool_file(page, "Weak", "small-model", making.lines(making.candidates(making.WEAK)))
    expect(page.get_by_role("heading", level=1)).to_have_text("20 records read")
    page.get_by_role("button", name="Import 20 candidates").click()
    expect(page.get_by_role("status")).to_contain_text("20 candidates of 2 problems are imported")


def preview_strong_pool(page: Page) -> list[str]:
    """Another tool's keys, an answer instead of a program, and a problem that the set does not have."""
    first, *rest = making.candidates(making.STRONG)
    records = making.strange_keys([making.raw_only(first), *rest, {**rest[0], "problem": "ribons", "index": 99}])
    choose_pool_file(page, "Strong", "large-model", making.lines(records))
    expect(page.get_by_role("heading", level=1)).to_have_text("21 records read")
    faults = look(page, "pool-preview")
    note = page.locator(".note.warn")
    expect(note).to_contain_text("ribons")
    expect(note).to_contain_text("nearest ribbons")
    expect(page.get_by_label("problem", exact=True)).to_have_value("task_id")
    expect(page.get_by_label("program", exact=True)).to_have_value("completion")
    expect(page.locator(".preview tbody tr").first).to_contain_text("Sweep over events")

    page.get_by_label("program", exact=True).select_option("")
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".preview tbody tr").nth(1)).to_contain_text("no program")
    page.get_by_label("program", exact=True).select_option("completion")
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".preview tbody tr").nth(1)).to_contain_text("kind: full")
    page.get_by_role("button", name="Import 20 candidates").click()
    expect(page.get_by_role("status")).to_contain_text("20 candidates of 2 problems are imported")
    expect(page.locator("section", has_text="Import report")).to_contain_text("ribons")
    return faults


def price(page: Page, podium: Serving, model: str, usd_in: str, usd_out: str) -> list[str]:
    """Costs are unknown until somebody says what a model costs."""
    page.goto(f"{podium.address}/models/{model}/")
    page.locator("summary", has_text="Add a price").click()
    page.get_by_role("button", name="Add the price").click()
    expect(page.get_by_role("alert")).to_contain_text("State at least one rate")
    page.get_by_role("spinbutton", name="Input", exact=False).first.fill(usd_in)
    page.get_by_role("spinbutton", name="Output").fill(usd_out)
    faults = look(page, "model")
    page.get_by_role("button", name="Add the price").click()
    expect(page.get_by_role("status")).to_contain_text(f"{model} is priced from")
    return faults


def open_pool(page: Page, podium: Serving, pool: str) -> None:
    page.goto(podium.address + "/pools/")
    page.get_by_role("rowheader", name=pool).get_by_role("link").click()
    page.wait_for_url("**/pools/*/")  # a page that is still on its way has no document to look at


def judge_and_probe(page: Page, podium: Serving, pool: str) -> list[str]:
    """Both pieces of work side by side; the page follows them without being loaded by hand."""
    open_pool(page, podium, pool)
    faults = look(page, "pool-new") if pool == "Weak" else []
    page.get_by_role("button", name="Judge 20 candidates").click()
    expect(page.get_by_role("status")).to_contain_text(f"{pool} is being judged")
    page.get_by_role("link", name="Make probes").click()
    page.get_by_label("Made from").select_option("package")
    page.get_by_label("Probes a subtask", exact=True).fill("4")
    page.get_by_role("button", name="Make probes and run the pool on them").click()
    expect(page.get_by_role("status")).to_contain_text(f"Probes are being made for {pool}")
    shot(page, "pool-working")
    expect(page.locator("#pool-work")).to_contain_text("All candidates are judged", timeout=WORK_MS)
    expect(page.locator("#pool-work")).to_contain_text("20 of 20 candidates")
    expect(page.locator("#pool-work th", has_text="Clusters")).to_be_visible()
    expect(page.locator("#pool-work:not([data-poll])")).to_be_visible(timeout=WORK_MS)
    expect(page.locator("#replay")).to_be_visible()
    return faults + (look(page, "pool") if pool == "Strong" else [])


def replay(page: Page, podium: Serving, pool: str, rule: str) -> None:
    open_pool(page, podium, pool)
    form = page.locator("#replay-form").element_handle()
    page.get_by_label("Budget", exact=True).fill("3")
    page.get_by_label("Strategy", exact=True).select_option(rule)
    # The form comes anew with the options of the rule, also where it is the one that stood there.
    page.wait_for_function("form => !form.isConnected", arg=form)
    expect(page.get_by_label("Budget", exact=True)).to_have_value("3")
    page.get_by_role("button", name=f"Replay {rule}").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(rule)
    expect(page.get_by_text("Submission timeline" if rule != "random-k" else "Problems").first).to_be_visible(
        timeout=WORK_MS
    )


def compare(page: Page) -> list[str]:
    """Five of the six runs, from the list of runs to the comparison; it may have to be waited for."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").click()
    rows = page.locator("#runs tbody tr")
    expect(rows).to_have_count(6)
    faults = look(page, "runs")
    for row in rows.all()[:2]:
        row.get_by_role("checkbox").check()
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Compare 6 runs").click()
    page.get_by_label("Title").fill("Does the stronger model need less selection?")
    faults += look(page, "comparison-new")
    page.get_by_role("button", name="Compare 6 runs").click()
    expect(page.locator("#scores tbody").first.locator("tr")).to_have_count(6, timeout=WORK_MS)
    expect(page.locator(".plot[data-drawn]")).to_have_count(5)
    drawn = page.locator("figure.chart:has(.main-svg)").evaluate_all("figures => figures.map((f) => f.id)")
    assert drawn == ["chart-gap", "chart-waterfall", "chart-clusters", "chart-cost", "chart-latency"]
    return faults + look(page, "comparison")


def read_comparison(page: Page) -> None:
    """Every way to look at it is in the address, and the address gives it back."""
    expect(page.locator("#matrix .heat tbody tr")).to_have_count(6)
    page.locator("#matrix").get_by_role("button", name="Difference", exact=True).click()
    expect(page).to_have_url(re.compile("view=difference"))
    expect(page.locator("#matrix .legend-heat").first).to_contain_text("less than")
    page.locator("#chart-gap").get_by_role("button", name="Table").click()
    expect(page).to_have_url(re.compile("table=gap"))
    expect(page.locator("#gap-d table")).to_be_visible()
    page.locator("#subtask").select_option(index=0)
    expect(page).to_have_url(re.compile("subtask="))
    page.locator("#baseline").select_option(label="small-model · public-filter")
    expect(page).to_have_url(re.compile("baseline="))
    expect(page.locator("#scores tr.base")).to_contain_text("public-filter")
    page.reload()
    expect(page.locator("#gap-d table")).to_be_visible()
    expect(page.locator("#matrix").get_by_role("button", name="Difference", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.locator("#chart-gap").get_by_role("button", name="Table").click()
    expect(page.locator("#chart-gap .main-svg").first).to_be_visible()


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.locator(".export").get_by_role("link", name=name, exact=True).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def check_downloads(page: Page, folder: Path) -> None:
    """The files say what the page says."""
    shown = page.locator("#scores tbody").first.locator("tr .strong").all_inner_texts()
    lines = list(csv.DictReader(download(page, "CSV", folder).read_text(encoding="utf-8").splitlines()))
    document = json.loads(download(page, "JSON", folder).read_text(encoding="utf-8"))
    of_csv = sorted(round(float(line["score"]), 1) for line in lines)
    of_json = sorted(round(run["score"], 1) for run in document["report"]["runs"])
    assert (of_csv, of_json) == (sorted(map(float, shown)), sorted(map(float, shown)))
    assert {line["model"] for line in lines} == {"small-model", "large-model"}
    assert {line["budget"] for line in lines} == {"3"}


def open_report(context: BrowserContext, page: Page, folder: Path) -> list[str]:
    """The one file, opened from disk, says the same and asks nobody for anything."""
    path = download(page, "Report", folder)
    opened = context.new_page()
    opened.goto(path.as_uri())
    expect(opened.get_by_role("heading", level=1)).to_have_text("Does the stronger model need less selection?")
    for heading in ("Scores", "Method"):
        expect(opened.get_by_role("heading", name=re.compile(heading)).first).to_be_visible()
    faults = look(opened, "report", has_dark=False)
    opened.close()
    return faults


def read_candidate(page: Page) -> list[str]:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Pools").click()
    page.get_by_role("rowheader", name="Strong").get_by_role("link").click()
    page.get_by_role("link", name="Festival Ribbons").first.click()
    expect(page.locator("tbody tr")).to_have_count(10)
    faults = look(page, "candidates")
    page.get_by_role("link", name="#0", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Candidate #0 of Festival Ribbons")
    expect(page.locator("#score-t")).to_have_text("100.0 of 100 points")
    n_tests = len(list((making.FIXTURES / "problems/ribbons/data").rglob("*.in")))
    assert page.locator(".tests > *").count() >= n_tests
    assert set(page.locator(".tests > *").evaluate_all("cells => cells.map((c) => c.title.includes('AC'))")) == {True}
    return faults + look(page, "candidate")


def look_around(page: Page, podium: Serving) -> list[str]:
    """The remaining pages."""
    faults = []
    for name, path in {
        "home": "/",
        "models": "/models/",
        "strategies": "/strategies/",
        "sets": "/problem-sets/",
    }.items():
        page.goto(podium.address + path)
        faults += look(page, name)
    return faults


def sign_out(page: Page, podium: Serving) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.goto(podium.address + "/pools/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
