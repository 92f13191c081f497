"""The work itself, safe to run twice. A stage writes only its own rows and never enqueues: `comparisons.jobs` does."""
