"""Reads that join several models, as row dataclasses for pages, charts, exports and the API.

One module for each page family. Every function that lists starts from `visible_to(user)`; each says what it costs in
queries, and none of them grows with the number of rows.
"""
