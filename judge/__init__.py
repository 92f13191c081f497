"""PURE: a program and a problem in, verdicts and scores out. No Django, no settings, no database."""

from judge.judging import Judge, Judgement, Source, judge
from judge.packages import load_package

__all__ = ["Judge", "Judgement", "Source", "judge", "load_package"]
