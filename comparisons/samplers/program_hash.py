"""128 bits that equal programs share: programs that differ only in comments and white space are one program.

The hash is over the language and the stream of tokens, literals as they are written. The lexers here are our own, so
that a hash does not change with the Python that computes it. Where a lexer is not sure (an unfinished literal, an
unknown character, mixed tabs and spaces, `__LINE__`), the hash is over the text as it is: two equal programs may then
count as different, but never the other way round. What they read without doubt `program_tokens` reads faster.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from comparisons.samplers.program_tokens import token_stream

_C_TOKEN = re.compile(
    r"""
    (?P<newline>\r?\n)
  | (?P<space>(?:[ \t\f\v\r]|\\\r?\n)+)
  | (?P<comment>//(?:\\\r?\n|[^\n])* | /\*.*?\*/)
  | (?P<raw>(?:u8|u|U|L)?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
  | (?P<unfinished>/\* | (?:u8|u|U|L)?R"[^()\\\s]{0,16}\()
  | (?P<word>(?:u8|u|U|L)?"(?:\\.|[^"\\\n])*" | (?:u8|u|U|L)?'(?:\\.|[^'\\\n])*'
      | \.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])* | \w+
      | <<=|>>=|<=>|\.\.\.|->\*|\+\+|--|->|<<|>>|<=|>=|==|!=|&&|\|\||::|\.\*|\#\#|[-+*/%&|^]=
      | [-+*/%&|^~!<>=?:;,.(){}\[\]\#])
    """,
    re.VERBOSE | re.DOTALL,
)
_PYTHON_TOKEN = re.compile(
    r"""
    (?P<newline>\r?\n)
  | (?P<space>(?:[ \t\f]|\\\r?\n)+)
  | (?P<comment>\#[^\n]*)
  | (?P<string>(?i:[rbuf]|rb|br|rf|fr)?(?:\"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
      | "(?!"")(?:\\.|[^"\\\n])*" | '(?!'')(?:\\.|[^'\\\n])*'))
  | (?P<word>(?:\d|\.\d)(?:[eE][+-]\d|[\w.])* | \w+
      | \*\*=|//=|>>=|<<=|\.\.\.|\*\*|//|>>|<<|!=|<=|>=|==|->|:=|[-+*/%&|^@]= | [-+*/%&|^~<>=.,:;@])
  | (?P<open>[(\[{]) | (?P<close>[)\]}])
    """,
    re.VERBOSE | re.DOTALL,
)
#: What a program can learn of its own text; token streams do not keep that.
_SELF_AWARE = re.compile(
    r"__LINE__|__builtin_(?:LINE|FILE|COLUMN)|__FILE__|\b_*asm_*\b|#\s*embed|source_location"
    r"|__file__|inspect|traceback|_getframe|lineno|__code__|\bsys\.argv|\bargv\[0\]|/program\b"
)
#: Every match of the pattern holds one of these.
_SELF_AWARE_WORDS = (
    "__", "asm", "embed", "source_location", "inspect", "traceback", "_getframe", "lineno", "argv", "/program",
)  # fmt: skip
#: Longer programs are hashed as they are written: reading their tokens would take seconds.
_LONGEST_READ = 1 << 20
_SPLIT_WORD = re.compile(r"\w\\\r?\n\w")
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)", re.IGNORECASE)


class _Unsure(Exception):
    """The lexer cannot vouch for the tokens."""


def program_hash(source: str, language: str) -> str:
    """32 hex digits over language and tokens; "" for an empty program."""
    if not source.strip():
        return ""
    text = source.encode("utf-8", "surrogatepass")
    try:
        content = b"\0tokens\0" + _tokens(source, text, language)
    except _Unsure:
        content = b"\0text\0" + text
    return hashlib.blake2b(language.encode() + content, digest_size=16).hexdigest()


def _is_self_aware(source: str) -> bool:
    # Looking for plain words first takes a tenth of the pattern's time.
    return any(word in source for word in _SELF_AWARE_WORDS) and _SELF_AWARE.search(source) is not None


def _tokens(source: str, text: bytes, language: str) -> bytes:
    is_python = language == "python3"
    is_read = is_python or language in ("c", "cpp", "cpp20", "cpp23")
    if not is_read or len(source) > _LONGEST_READ or "\0" in source:
        raise _Unsure
    stream = token_stream(text, is_python=is_python)
    if stream is not None:
        return stream
    if _is_self_aware(source):
        raise _Unsure
    return "\0".join((python_tokens if is_python else c_tokens)(source)).encode("utf-8", "surrogatepass")


def c_tokens(source: str) -> Iterator[str]:
    """Tokens of C and C++. White space inside a preprocessor line matters (`#define f (x)`): it stays, as one space."""
    if _SPLIT_WORD.search(source):
        raise _Unsure
    is_first, at_line_start, in_directive, has_space = True, True, False, False
    for match in _matches(_C_TOKEN, source):
        kind = match.lastgroup
        if kind == "newline":
            if in_directive:
                yield "\n"
            at_line_start, in_directive, has_space = True, False, False
        elif kind in ("space", "comment"):
            has_space = in_directive
        else:
            word = match.group()
            if kind == "unfinished" or (word in ("#", "##") and in_directive):
                # A macro that spells its argument sees the space in it, one that glues words can make __LINE__.
                raise _Unsure
            if word == "#" and at_line_start:
                in_directive = True
                if not is_first:
                    yield "\n"
            elif has_space:
                yield " "
            yield word
            is_first = at_line_start = has_space = False


def python_tokens(source: str) -> Iterator[str]:
    """Tokens of Python with its line ends and indentation as marks, so that their widths do not matter."""
    if any(_CODING.match(line) for line in source.split("\n", 2)[:2]):
        raise _Unsure
    indents, depth, is_blank, margin, margins = [0], 0, True, "", set[str]()
    for match in _matches(_PYTHON_TOKEN, source):
        kind, text = match.lastgroup, match.group()
        if kind == "newline":
            if not depth and not is_blank:
                yield "\n"
                is_blank, margin = True, ""
            elif is_blank:
                margin = ""
            continue
        if kind == "comment":
            continue
        if kind == "space":
            if is_blank and not depth:
                margin += text
            continue
        if is_blank and not depth:
            margins.update(margin)
            if len(margins) > 1:  # tabs and spaces: what a tab is worth then matters
                raise _Unsure
            yield from _indentation(margin, indents)
            is_blank = False
        if kind == "string" and not _is_plain(text):
            raise _Unsure
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            raise _Unsure
        yield text
    if depth:
        raise _Unsure
    if not is_blank:
        yield "\n"


def _indentation(margin: str, indents: list[int]) -> Iterator[str]:
    width = len(margin)
    if width > indents[-1]:
        indents.append(width)
        yield "\x01"
    while width < indents[-1]:
        indents.pop()
        yield "\x02"
    if width != indents[-1]:
        raise _Unsure


def _is_plain(text: str) -> bool:
    """False for an f-string whose replacement fields may hold quotes of their own kind."""
    prefix = text[: min(i for i in (text.find("'"), text.find('"')) if i >= 0)].lower()
    if "f" not in prefix:
        return True
    fields = text.replace("{{", "").replace("}}", "")
    return fields.count("{") == fields.count("}")


def _matches(pattern: re.Pattern[str], source: str) -> Iterator[re.Match[str]]:
    place = 0
    for match in pattern.finditer(source):
        if match.start() != place:
            raise _Unsure
        yield match
        place = match.end()
    if place != len(source):
        raise _Unsure
