"""128 bits that equal programs share: programs that differ only in comments and white space are one program.

The hash is over the language and the stream of tokens, literals as they are written. The lexers here are our own, so
that a hash does not change with the Python that computes it. Where a lexer is not sure (an unfinished literal, an
unknown character, mixed tabs and spaces, `__LINE__`), the hash is over the text as it is: two equal programs may then
count as different, but never the other way round.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

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
#: Words and signs as in the lexers above, the commonest first: a word that no quote follows is no literal's prefix, and
#: no longer sign begins as a bracket does. White space and line comments are stepped over; the last alternative takes
#: one character that begins no token. Possessive, so that no token is ever found inside a comment.
_PLAIN_C = re.compile(
    r"""
    \s*+(?://[^\n]*+\s*+)*+
    ([A-Za-z_]\w*+(?!["']) | [;,(){}\[\]]
      | (?:u8|u|U|L)?"(?:\\.|[^"\\\n])*" | (?:u8|u|U|L)?'(?:\\.|[^'\\\n])*'
      | \.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])* | \w+
      | <<=|>>=|<=>|\.\.\.|->\*|\+\+|--|->|<<|>>|<=|>=|==|!=|&&|\|\||::|\.\*|[-+*/%&|^]=
      | [-+*/%&|^~!<>=?:;,.(){}\[\]] | \S | \Z)
    """,
    re.VERBOSE,
)
_PLAIN_PYTHON = re.compile(
    r"""
    ([A-Za-z_]\w*+(?!["']) | [;,(){}\[\]] | \#.*
      | (?i:[rbuf]|rb|br|rf|fr)?(?:"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
      | (?:\d|\.\d)(?:[eE][+-]\d|[\w.])* | \w+
      | \*\*=|//=|>>=|<<=|\.\.\.|\*\*|//|>>|<<|!=|<=|>=|==|->|:=|[-+*/%&|^@]=|[-+*/%&|^~<>=.,:;@()\[\]{}]
      | \S)[ ]*
    """,
    re.VERBOSE,
)
_DIRECTIVE = re.compile(r"^([ \t]*#[^\n]*\n)", re.MULTILINE)
_NOT_PLAIN_C = ("/*", 'R"', "\\\n", "\\\r")
_NOT_PLAIN_PYTHON = re.compile(r"\"{3}|'{3}|\\\n|[\t\f\r\v]|coding[:=]")
_STRANGE_C = frozenset("#\"'\\@`$")
_STRANGE_PYTHON = frozenset("\"'\\`$!?")
_F_STRING = re.compile(r"[rR]?[fF][rR]?[\"']")
_SPLIT_WORD = re.compile(r"\w\\\r?\n\w")
_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)", re.IGNORECASE)


class _Unsure(Exception):
    """The lexer cannot vouch for the tokens."""


def program_hash(source: str, language: str) -> str:
    """32 hex digits over language and tokens; "" for an empty program."""
    if not source.strip():
        return ""
    digest = hashlib.blake2b(language.encode(), digest_size=16)
    try:
        tokens = "\0".join(_tokens(source, language))
        digest.update(b"\0tokens\0" + tokens.encode("utf-8", "surrogatepass"))
    except _Unsure:
        digest.update(b"\0text\0" + source.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _is_self_aware(source: str) -> bool:
    # Looking for plain words first takes a tenth of the pattern's time.
    return any(word in source for word in _SELF_AWARE_WORDS) and _SELF_AWARE.search(source) is not None


def _tokens(source: str, language: str) -> Iterable[str]:
    if len(source) > _LONGEST_READ or _is_self_aware(source) or "\0" in source:
        raise _Unsure
    if language in ("c", "cpp", "cpp20", "cpp23"):
        return c_tokens(source) or _c_tokens(source)
    if language == "python3":
        return python_tokens(source) or _python_tokens(source)
    raise _Unsure


def c_tokens(source: str) -> list[str]:
    """What `_c_tokens` yields, of a plain program: read in whole runs between preprocessor lines, a tenth of the time.
    Empty where the program is not plain (block comments, raw strings, continued lines, more than ASCII)."""
    if not source.isascii() or any(sign in source for sign in _NOT_PLAIN_C):
        return []
    tokens: list[str] = []
    for place, part in enumerate(_DIRECTIVE.split(source)):
        if place % 2:
            tokens += ["\n", *_directive(part)] if tokens else _directive(part)
        else:
            found = _PLAIN_C.findall(part)
            while found and not found[-1]:  # the end, where only comments were left
                found.pop()
            # The last alternative takes what no token begins with.
            if not _STRANGE_C.isdisjoint(found):
                return []
            tokens += found
    return tokens


@lru_cache(maxsize=4096)
def _directive(line: str) -> tuple[str, ...]:
    return tuple(_c_tokens(line))


def python_tokens(source: str) -> list[str]:
    """What `_python_tokens` yields, of a plain program, read line by line. Empty where it is not plain (tabs, strings
    and brackets over several lines, continued lines, more than ASCII)."""
    if not source.isascii() or _NOT_PLAIN_PYTHON.search(source):
        return []
    tokens: list[str] = []
    indents = [0]
    for line in source.split("\n"):
        text = line.lstrip(" ")
        if not text or text[0] == "#":
            continue
        width = len(line) - len(text)
        if width != indents[-1]:
            try:
                tokens += _indentation(line[:width], indents)
            except _Unsure:
                return []
        found = _PLAIN_PYTHON.findall(text)
        if found[-1][0] == "#":
            found.pop()
        count = found.count
        if count("(") != count(")") or count("[") != count("]") or count("{") != count("}"):
            return []
        tokens += found
        tokens.append("\n")
    is_known = _STRANGE_PYTHON.isdisjoint(tokens)
    return tokens if is_known and all(map(_is_plain, filter(_F_STRING.match, tokens))) else []


def _c_tokens(source: str) -> Iterator[str]:
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


def _python_tokens(source: str) -> Iterator[str]:
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
