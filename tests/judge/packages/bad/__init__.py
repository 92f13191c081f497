"""Malformed packages of every format: how each is made, and the one sentence that refuses it.

Used by the tests of the readers and, through the import into the database, by those of the application.
"""

from __future__ import annotations

from tests.judge.packages.bad import archives, cms, dmoj, italian, kattis, plain, polygon, records, tps
from tests.judge.packages.bad.making import Case

TABLES: dict[str, list[Case]] = {
    "kattis": [*kattis.KATTIS, *kattis.LINKS],
    "zip": archives.ARCHIVES,
    "polygon": polygon.POLYGON,
    "cms": cms.CMS,
    "italian": italian.ITALIAN,
    "tps": tps.TPS,
    "dmoj": dmoj.DMOJ,
    "plain": plain.PLAIN,
    "json": records.RECORDS,
}
CASES = [case._replace(name=f"{table}: {case.name}") for table, cases in TABLES.items() for case in cases]
