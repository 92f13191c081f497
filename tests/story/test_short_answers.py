"""Short answers in a browser: questions uploaded, answers uploaded and drawn, judged by the workers, voted on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story.serving import Serving
from tests.story.watching import DESK, PAGE_MS, Watch, look

pytestmark = pytest.mark.browser

WORK_MS = 180_000
QUESTIONS = [
    {"id": "square", "title": "A square", "problem": "Expand $(x+1)^2$.", "answer": "x^2+2x+1", "match": "symbolic"},
    {
        "id": "third",
        "title": "A third",
        "problem": "What is a third, to two places?",
        "answer": 0.33,
        "tolerance": 0.004,
    },
    {"id": "letter", "title": "A letter", "problem": "Which is a vowel? (A) a (B) b", "answer": "A", "match": "choice"},
]
#: Of five answers to each, three are alike and right, by different words; of the last, three are alike and wrong.
ANSWERS = {
    "square": ["(x+1)^2", "x^2+2x+1", "1 + x(x + 2)", "x^2+1", ""],
    "third": ["0.333", "1/3", "0.33", "3", "0.3"],
    "letter": ["B", "(B)", "B", "A", "(A)"],
}


def lines(records: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def raw(answer: str) -> str:
    """As a model says it; "" is an answer that gives none."""
    return f"I think about it.\n\nThe answer is $\\boxed{{{answer}}}$." if answer else ""


def samples(*, is_raw: bool) -> list[dict[str, object]]:
    usage = {"input_tokens": 60, "output_tokens": 40}
    return [
        {"problem": slug, "usage": usage, "latency_s": 1.5, "finish_reason": "stop"}
        | ({"raw": raw(answer)} if is_raw or not answer else {"answer": answer})
        for slug, answers in ANSWERS.items()
        for answer in answers
    ]


@pytest.fixture
def page(browser: Browser, podium: Serving) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(PAGE_MS)
    watch = Watch(context, podium.address)
    opened = context.new_page()
    opened.goto(podium.command("sign_in_link"))
    yield opened
    context.close()
    assert (watch.errors, watch.strangers) == ([], [])


def test_answers_are_imported_drawn_judged_and_voted_on(page: Page, podium: Serving, tmp_path: Path) -> None:
    faults = upload_questions(page, podium)
    upload_answers(page, podium)
    faults += judge(page, "answers-uploaded")
    majority(page, podium)
    faults += look(page, "answers-run")
    recorded = tmp_path / "recorded.jsonl"
    recorded.write_bytes(lines(samples(is_raw=True)))
    podium.command("add_model", "recorded-answers", "--provider", "recorded", "--name", "recorded-answers",
                   "--responses", str(recorded))  # fmt: skip
    faults += draw(page, podium)
    faults += judge(page, "answers-drawn")
    majority(page, podium)
    faults += read_candidates(page)
    assert faults == []


def upload_questions(page: Page, podium: Serving) -> list[str]:
    page.goto(podium.address + "/problem-sets/upload/")
    file = {"name": "questions.jsonl", "mimeType": "application/jsonl", "buffer": lines(list(QUESTIONS))}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Short name").fill("answers")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 problems read")
    faults = look(page, "answers-preview")
    page.get_by_role("button", name="Import 3 problems").click()
    expect(page.get_by_role("status")).to_contain_text("3 problems imported: new or changed")
    faults += look(page, "answers-set")
    page.get_by_role("link", name="A square").first.click()
    return faults + look(page, "answers-problem")


def upload_answers(page: Page, podium: Serving) -> None:
    page.goto(podium.address + "/pools/upload/?set=answers")
    file = {"name": "a.jsonl", "mimeType": "application/jsonl", "buffer": lines(samples(is_raw=False))}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Model").fill("model-of-answers")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("15 records read")
    page.get_by_role("button", name="Import 15 candidates").click()
    expect(page.get_by_role("status")).to_contain_text("15 candidates of 3 problems are imported")


def judge(page: Page, name: str) -> list[str]:
    """By the workers of `serve`, which are processes of their own."""
    page.get_by_role("button", name="Judge 15 candidates").click()
    expect(page.locator("#pool-work")).to_contain_text("All candidates are judged", timeout=WORK_MS)
    expect(page.locator("#replay")).to_be_visible(timeout=WORK_MS)
    means = page.locator("#pool-work tbody td.strong")
    expect(means).to_have_text(["0.6", "0.6", "0.4"])
    return look(page, name)


def majority(page: Page, podium: Serving) -> None:
    """cons@5: right where the right answer was given most often, in whatever words."""
    with page.expect_response(lambda response: "strategy=majority" in response.url):
        page.get_by_label("Strategy", exact=True).select_option("majority")
    page.get_by_role("button", name="Replay majority").wait_for()
    page.get_by_label("Budget", exact=True).fill("1")
    page.get_by_role("button", name="Replay majority").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_text("Submission timeline").first).to_be_visible(timeout=WORK_MS)
    expect(page.locator("main")).to_contain_text("2.0")


def draw(page: Page, podium: Serving) -> list[str]:
    page.goto(podium.address + "/pools/draw/?set=answers&model=recorded-answers")
    page.get_by_label("Draws", exact=True).fill("5")
    page.get_by_role("button", name="Estimate", exact=True).click()
    faults = look(page, "answers-estimate")
    page.get_by_role("button", name="Draw 15 candidates").click()
    expect(page.locator("#pool-work")).to_contain_text("All candidates are drawn", timeout=WORK_MS)
    return faults


def read_candidates(page: Page) -> list[str]:
    """The answer first, what the model said beside it."""
    page.get_by_role("link", name="recorded-answers on answers").first.click()
    page.get_by_role("link", name="A square").first.click()
    expect(page.locator("tbody tr")).to_have_count(5)
    expect(page.locator("tbody tr code")).to_have_text(["(x+1)^2", "x^2+2x+1", "1 + x(x + 2)", "x^2+1"])
    faults = look(page, "answers-candidates")
    page.get_by_role("link", name="#2", exact=True).click()
    expect(page.locator("#score-t")).to_have_text("1.0 of 1 point")
    expect(page.get_by_label("Answer", exact=True)).to_contain_text("1 + x(x + 2)")
    faults += look(page, "answers-candidate")
    page.get_by_role("link", name="#3").click()
    page.get_by_role("link", name="#4").click()
    expect(page.locator("main")).to_contain_text("No answer")
    return faults + look(page, "answers-none")
