"""Request parameters in a provider's own words, beside those a recipe has by name: which may be sent as they are, and
which may not where a cap is to hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TOKENS = 'the most tokens of an answer are "max_tokens" (--max-tokens)'
_DRAWS = 'how many draws a call brings is "Draws of one call" (--choices-per-call)'
_PROMPT = "what is said to the model is its prompt (--template)"
_NAME = "which model is asked is its name (--name)"
_KEY = "everyone can read parameters; the API key is given by itself (--key-stdin, --key-env)"
_STREAM = 'whether answers come as a stream is "Answers come" (--stream)'
#: What Podium says itself, by the parameter's letters: a second word for it would be sent, paid and counted nowhere.
_OWNED = {
    **dict.fromkeys(("n", "bestof", "numcompletions", "candidatecount", "numreturnsequences"), _DRAWS),
    **dict.fromkeys(("maxtokens", "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "maxlength"), _TOKENS),
    **dict.fromkeys(("maxtokenstosample", "numpredict", "npredict", "maxgenlen"), _TOKENS),
    **dict.fromkeys(("messages", "input", "prompt", "instructions", "previousresponseid", "conversation"), _PROMPT),
    **dict.fromkeys(("model", "models"), _NAME),
    **dict.fromkeys(("stream", "streamoptions"), _STREAM),
    **dict.fromkeys(("apikey", "key", "token", "accesstoken", "authtoken", "bearertoken", "bearer"), _KEY),
    **dict.fromkeys(("authorization", "secret", "password", "headers", "extraheaders", "defaultheaders"), _KEY),
    "seed": 'the seed is "seed" (--seed)',
    "randomseed": 'the seed is "seed" (--seed)',
    "reasoningeffort": 'how hard it thinks is "effort" (--effort)',
    "background": "an answer is waited for by the call that asks for it",
}
#: What changes an answer and never what a token of it costs, nor how many there may be. Whatever else is sent (tools
#: that search, audio, predicted output, another tier of service) may be billed beside the tokens.
_BOUNDED = frozenset(
    """
    topk minp topa typicalp frequencypenalty presencepenalty repetitionpenalty repeatpenalty lengthpenalty logitbias
    logprobs toplogprobs stop stoptokenids mintokens ignoreeos skipspecialtokens includestopstrinoutput responseformat
    text verbosity reasoning thinking enablethinking chattemplatekwargs guidedjson guidedregex guidedchoice
    guidedgrammar structuredoutputs grammar user metadata store safetyidentifier promptcachekey cacheprompt truncation
    mirostat mirostattau mirostateta safeprompt
    """.split()  # noqa: SIM905  forty quoted words a line each would be read by nobody
)
_TIERS = ("default", "flex")


def owned(extra: Mapping[str, Any]) -> str:
    """Why one of these parameters is not sent as it is, with the field that says it; "" where all may be."""
    for name in extra:
        right = _OWNED.get(_letters(name))
        if right:
            return f"The parameter {name!r} is not sent as it is: {right}."
    return ""


def unbounded(extra: Mapping[str, Any]) -> str:
    """Why a call with these parameters has no worst case, in one sentence; "" where it has."""
    for name, value in extra.items():
        is_tier = _letters(name) == "servicetier" and value in _TIERS
        if not is_tier and _letters(name) not in _BOUNDED:
            return f"A cap cannot hold with the parameter {name!r}: what it may cost beside the tokens is not known."
    return ""


def sent_bytes(extra: Mapping[str, Any]) -> int:
    """Bytes that these parameters add to a call: text in them (a schema of the answer) may be read as input."""
    return len(json.dumps(dict(extra)).encode()) if extra else 0


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
