"""PURE: a program and a problem in, verdicts and scores out. No Django, no settings, no database."""

from judge.generating import generate
from judge.judging import Judge, Judgement, Source
from judge.packages import load_package
from judge.scripting import judge

__all__ = ["Judge", "Judgement", "Source", "generate", "judge", "load_package"]
