"""Programs are shown line by line, and nothing in them is ever markup."""

from __future__ import annotations

from comparisons.templatetags.code import source_lines


def test_source_lines_escape_whatever_the_program_says() -> None:
    html = source_lines("<script>alert('x')</script>\n", "cpp")
    assert ("<script" in html, "&lt;script&gt;" in html) == (False, True)


def test_source_lines_number_every_line_and_colour_words() -> None:
    html = source_lines("int main() {\n  return 0; // done\n}\n", "cpp")
    assert html.count('class="l"') == 3
    assert '<span class="ty">int</span> main() {\n</span>' in html
    assert '<span class="k">return</span> <span class="n">0</span>; <span class="c">// done</span>' in html


def test_source_lines_close_a_comment_at_each_line_break() -> None:
    html = source_lines("/* a\nb */\nint x;", "cpp")
    assert '<span class="l" id="L1"><span class="c">/* a</span>\n</span>' in html
    assert '<span class="l" id="L2"><span class="c">b */</span>\n</span>' in html


def test_source_lines_of_an_unknown_language_are_plain() -> None:
    assert source_lines("return 1", "brainfuck").count("<span") == 1
