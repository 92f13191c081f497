"""What most programs do not need of bits/stdc++.h, and how to tell by their words that they do not.

GCC instantiates the templates that the header's own inline functions use at the end of every unit, a precompiled header
or not: 0.4 s of CPU before a program's first line counts, two thirds of it for threads, file names and special
functions. A program that names nothing of these means the same without them. Pure: words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Included by bits/stdc++.h, as long as the others do not include them.
_HEADERS = ("charconv", "condition_variable", "filesystem", "future", "mutex", "shared_mutex", "thread")
#: So that <cmath> leaves out the special functions (libstdc++'s own name; elsewhere this changes nothing).
_WITHOUT_SPECIAL_FUNCTIONS = "#include <bits/c++config.h>\n#undef _GLIBCXX_USE_STD_SPEC_FUNCS\n"
_SPECIAL = (
    "assoc_laguerre assoc_legendre beta comp_ellint_1 comp_ellint_2 comp_ellint_3 cyl_bessel_i cyl_bessel_j "
    "cyl_bessel_k cyl_neumann ellint_1 ellint_2 ellint_3 expint hermite laguerre legendre riemann_zeta sph_bessel "
    "sph_legendre sph_neumann"
)
_OTHERS = (
    "async barrier binary_semaphore call_once chars_format condition_variable condition_variable_any "
    "counting_semaphore cv_status filesystem from_chars from_chars_result future future_category future_errc "
    "future_error future_status jthread latch launch lock nostopstate nostopstate_t notify_all_at_thread_exit "
    "once_flag osyncstream packaged_task promise recursive_mutex recursive_timed_mutex scoped_lock semaphore "
    "shared_future shared_lock shared_mutex shared_timed_mutex stop_callback stop_source stop_token this_thread "
    "thread timed_mutex to_chars to_chars_result try_lock unique_lock charconv mutex experimental parallel tr1 tr2"
)
#: What those headers declare in namespace std, by any standard so far, and what stands for a whole library.
NAMES = frozenset(_OTHERS.split()) | {f"{name}{suffix}" for name in _SPECIAL.split() for suffix in ("", "f", "l")}
#: Words made of pieces, and questions about the library itself.
_OPAQUE = re.compile(rb"##|%:%:|\\[uUN]|\b_*GLIBCXX|\b__cpp_lib_|\b__STDCPP_")
_WORD = re.compile(rb"[A-Za-z_]\w*")
#: As GCC reads them: blanks between the backslash and the line's end do not count.
_SPLICE = re.compile(rb"\\[ \t\f\v\0]*\r?\n")
#: Before the header these may change what it says; a header's own guard and options of the compiler do not.
_CHANGE = re.compile(
    rb"\bdefine\b(?![ \t]+[A-Z][A-Z0-9_]*[ \t]*(?:\r?\n|\Z))|\bundef\b|\b_Pragma\b"
    rb"|\bpragma\b(?![ \t]+(?:once|comment|GCC[ \t]+(?:optimize|target|diagnostic))\b)"
)
_RESERVED = re.compile(rb"_[A-Z]|.*__")
#: Reserved names that are the compiler's, or the library's but nowhere in what is left out.
_KNOWN = re.compile(
    rb"__(?:builtin_\w+|gcd|lg|u?int128(?:_t)?|float128|gnu_pbds|gnu_cxx|attribute(?:__)?|restrict(?:__)?|inline(?:__)?"
    rb"|asm(?:__)?|volatile(?:__)?|typeof(?:__)?|extension__|cplusplus|func__|FUNCTION__|PRETTY_FUNCTION__|FILE__|LINE__"
    rb"|VA_ARGS__|VA_OPT__|GNUC__|SIZEOF_INT128__|clang__|m(?:128|256|512)[id]?|declspec|debugbreak|popcnt|popcount)"
    rb"|_LOCAL|_MSC_VER|_WIN32|_GNU_SOURCE|_USE_MATH_DEFINES|_CRT_SECURE_NO_WARNINGS|_CRT_SECURE_NO_DEPRECATE"
)
_ENCODED = frozenset(name.encode() for name in NAMES)


def shortened(header: str) -> str:
    """The text of bits/stdc++.h without the headers that few programs need."""
    names = "|".join(map(re.escape, _HEADERS))
    return _WITHOUT_SPECIAL_FUNCTIONS + re.sub(rf"(?m)^[ \t]*#[ \t]*include[ \t]*<(?:{names})>.*$", "", header)


def needs_all(files: Iterable[bytes]) -> bool:
    """Whether a program of these files may mean something else with the short header: because it names what that lacks,
    even in a comment or a text, or a part of the library's own, or changes the header before it takes it in."""
    return any(_needs_all(content) for content in files)


def _needs_all(content: bytes) -> bool:
    text = _SPLICE.sub(b"", content)
    before = text.rpartition(b"stdc++.h")[0] or text
    if _OPAQUE.search(text) or _CHANGE.search(before):
        return True
    words = set(_WORD.findall(text))
    return not _ENCODED.isdisjoint(words) or any(_RESERVED.match(word) and not _KNOWN.fullmatch(word) for word in words)
