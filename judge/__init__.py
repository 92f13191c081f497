"""PURE: a program and a problem in, verdicts and scores out. No Django, no settings, no database."""
