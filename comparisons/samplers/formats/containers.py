"""A file, whatever holds its records -> the records as they are, one at a time.

JSON lines or a JSON array (also gzipped), one JSON object over several lines, Parquet, CSV, an Inspect .eval (a zip
with one JSON file a sample), and a folder or zip of LiveOIBench's tables or with one JSON file. Which it is, its first
bytes tell.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import lzma
import math
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from comparisons.samplers.formats.json_records import LONGEST_RECORD_BYTES, RawRecord, json_records, one_object
from comparisons.samplers.formats.liveoibench import is_table, model_of
from comparisons.samplers.formats.zstandard_zip import read_member
from judge.errors import RecordError

Records = Generator[RawRecord | RecordError]
_PARQUET_ROWS = 64
#: Of a row group, unpacked, as the file's footer states it: its columns' pages are held while its rows are read.
LARGEST_ROW_GROUP_BYTES = 512 << 20


def read_raw(path: Path) -> Records:
    """Every record of the file or folder; a RecordError stands in for each that cannot be read. Raises RecordError
    where reading cannot go on."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*.csv") if is_table(file.name))
        yield from _tables(path.name, [(str(file.relative_to(path)), partial(file.open, "rb")) for file in files])
        return
    if not path.is_file():
        raise RecordError(path.name, 0, "is no file" if path.exists() else "does not exist")
    with path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(0)
        if start == b"PAR1":
            yield from _parquet(stream, path.name)
        elif start == b"PK\x03\x04":
            yield from _zip(stream, path.name)
        elif start[:2] == b"\x1f\x8b":
            yield from _gzip(stream, path.name)
        elif path.suffix.lower() == ".csv":
            yield from _table(stream, path.name)
        else:
            yield from json_records(stream, path.name)


def _gzip(stream: BinaryIO, name: str) -> Records:
    try:
        with gzip.open(stream) as unpacked:
            yield from json_records(cast(BinaryIO, unpacked), name)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordError(name, 0, "is no complete gzip file") from error


def _zip(stream: BinaryIO, name: str) -> Records:
    try:
        with zipfile.ZipFile(stream) as archive:
            yield from _members(archive, name)
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise RecordError(name, 0, "is no complete zip file") from error
    except NotImplementedError as error:
        raise RecordError(name, 0, "is packed in a way that cannot be read here; write the log as .json") from error
    except RuntimeError as error:
        raise RecordError(name, 0, "is encrypted") from error


def _members(archive: zipfile.ZipFile, name: str) -> Records:
    names = [member for member in archive.namelist() if not member.endswith("/")]
    samples = sorted(member for member in names if member.startswith("samples/") and member.endswith(".json"))
    tables = sorted(member for member in names if is_table(member))
    texts = [member for member in names if member.endswith((".json", ".jsonl"))]
    if samples and ("header.json" in names or "_journal/start.json" in names):
        yield from _inspect(archive, name, samples)
    elif tables:
        yield from _tables(name, [(member, partial(archive.open, member)) for member in tables])
    elif len(texts) == 1:
        with archive.open(texts[0]) as stream:
            yield from json_records(cast(BinaryIO, stream), f"{name}/{texts[0]}")
    else:
        raise RecordError(name, 0, "is a zip with neither an Inspect log, score tables nor one JSON file in it")


def _inspect(archive: zipfile.ZipFile, name: str, samples: Sequence[str]) -> Records:
    """Each sample as a log of its own."""
    head = "header.json" if "header.json" in archive.namelist() else "_journal/start.json"
    about = one_object(_read(archive, head, name), f"{name}/{head}").data.get("eval")
    for number, member in enumerate(samples, 1):
        try:
            sample = one_object(_read(archive, member, name), f"{name}/{member}").data
        except RecordError as error:
            yield error
            continue
        yield RawRecord(number, 0, {"eval": about or {}, "samples": [sample]}, f"{name}/{member}")


def _read(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    content = read_member(archive, member, LONGEST_RECORD_BYTES + 1)
    if len(content) > LONGEST_RECORD_BYTES:
        raise RecordError(f"{name}/{member}", 0, f"is longer than {LONGEST_RECORD_BYTES >> 20} MiB")
    return content


def _tables(name: str, tables: Sequence[tuple[str, Callable[[], Any]]]) -> Records:
    if not tables:
        raise RecordError(name, 0, "holds no score tables (*_problem.csv)")
    models = sorted({model_of(table) for table, _ in tables})
    if len(models) > 1:
        raise RecordError(name, 0, f"holds the tables of {len(models)} models ({', '.join(models[:4])}); import one")
    number = 0
    for table, opener in tables:
        with opener() as stream:
            for row in _table(stream, f"{name}/{table}"):
                number += 1
                yield row if isinstance(row, RecordError) else RawRecord(number, row.line, row.data, row.file)


def _table(stream: BinaryIO, name: str) -> Records:
    rows = csv.DictReader(_text_lines(stream, name))
    number = 0
    try:
        for row in rows:
            number += 1
            # DictReader files surplus cells under None, and fills up missing ones with it.
            if None in row or None in row.values():
                yield RecordError(name, rows.line_num, "has not as many cells as the table has columns")
            else:
                yield RawRecord(number, rows.line_num, row, name)
    except csv.Error as error:
        raise RecordError(name, rows.line_num, f"is no CSV ({error})") from error


def _text_lines(stream: BinaryIO, name: str) -> Iterator[str]:
    for number in itertools.count(1):
        # A compressed table may hold a line of any length.
        line = stream.readline(LONGEST_RECORD_BYTES + 1)
        if not line:
            return
        if len(line) > LONGEST_RECORD_BYTES:
            raise RecordError(name, number, f"is longer than {LONGEST_RECORD_BYTES >> 20} MiB")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise RecordError(name, number, "is not UTF-8 text") from None
        yield text.removeprefix("\ufeff") if number == 1 else text


def _parquet(stream: BinaryIO, name: str) -> Records:
    import pyarrow  # noqa: PLC0415 - a large library that few files need
    import pyarrow.parquet  # noqa: PLC0415

    number = 0
    try:
        # A buffer makes it read pages as they are needed, not whole columns.
        file = pyarrow.parquet.ParquetFile(stream, buffer_size=1 << 20)
        for group in range(file.num_row_groups):
            if file.metadata.row_group(group).total_byte_size > LARGEST_ROW_GROUP_BYTES:
                most = f"{LARGEST_ROW_GROUP_BYTES >> 20} MiB"
                raise RecordError(name, 0, f"has more than {most} in row group {group + 1}; write smaller ones")
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield RawRecord(number, 0, {str(key): _plain(value) for key, value in row.items()})
    except (
        pyarrow.ArrowException,
        OSError,
        ValueError,
        OverflowError,
    ) as error:  # dates that Python does not have, too
        raise RecordError(name, 0, f"is no Parquet file that can be read ({str(error)[:120]})") from error


def _plain(value: Any) -> Any:
    """A value as JSON has it: no number that is none, dates and bytes as texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value
    return value if value is None or isinstance(value, str | int) else str(value)
