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
_OPAQUE = re.compile(rb"##|%:%:|\b_*GLIBCXX|\b__cpp_lib_|\b__STDCPP_")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_SPLICE = re.compile(rb"\\[ \t]*\r?\n")
_RESERVED = re.compile(rb"\b_[A-Z]|__")
_ENCODED = frozenset(name.encode() for name in NAMES)


def shortened(header: str) -> str:
    """The text of bits/stdc++.h without the headers that few programs need."""
    names = "|".join(map(re.escape, _HEADERS))
    return _WITHOUT_SPECIAL_FUNCTIONS + re.sub(rf"(?m)^[ \t]*#[ \t]*include[ \t]*<(?:{names})>.*$", "", header)


def needs_all(files: Iterable[bytes]) -> bool:
    """Whether a program of these files names anything that the short header lacks, even in a comment or a text."""
    for content in files:
        text = _SPLICE.sub(b"", content)
        if _OPAQUE.search(text) or not _ENCODED.isdisjoint(_WORD.findall(text)):
            return True
    return False


def names_reserved(files: Iterable[bytes]) -> bool:
    """Whether a program of these files uses names that only the compiler's own library may define. A program that does
    not, and that does not need all, fails with the short header only where it fails with the whole one."""
    return any(_RESERVED.search(content) for content in files)
