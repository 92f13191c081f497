"""Function problems: a test harness in a sandbox of its own calls a candidate's function in another.

    harness.py   runs the package's test code; decides (exit code 42 or 43, as a Kattis output validator)
    serving.py   runs beside the candidate; answers calls, decides nothing
    calling.py   runs beside the candidate where a test is one call: prints what it returned, for judges to compare
    agreeing.py  runs tests that a model wrote, each by itself, instead of the package's
    timed.py     serving.py with a time limit on each call, for those
    loading.py   brings a candidate's program into its process, with nothing left of it on standard output
    wire.py      the messages: plain data, never pickled, never evaluated
    canonical.py values as texts that are equal where they are

These run in sandboxes, with the sandbox's own Python and no Podium: they travel with the problem, whose content
hash they are part of. `programs` puts them into a `Problem`.
"""
