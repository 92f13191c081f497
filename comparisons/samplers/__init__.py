"""PURE: where candidates come from. Formats of recorded samples, and the parsing of raw answers."""
