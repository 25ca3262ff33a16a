"""Reading taps from CSV and Parquet by the batch: what each row says, or why it cannot be read.

A file has the columns of the API: device, sequence, medium, tapped_at, direction, and if they are
there token, route, stop, vehicle. `tapped_at` is RFC 3339 with an offset; in Parquet it may be a
timestamp with a time zone. `tapped_at_s`, epoch seconds, may stand in its place.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.actions.taps.columns import TAPS

ROWS = 100_000
BLOCK_BYTES = 12 * 1024 * 1024
REQUIRED = ("device", "sequence", "medium", "direction")
OPTIONAL = ("token", "route", "stop", "vehicle")
INSTANTS = ("tapped_at", "tapped_at_s")
_WALL = "%Y-%m-%dT%H:%M:%S"
_RFC3339 = (
    r"^(?P<wall>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(?P<zone>[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a file: `said` as they stand there, `taps` as read (null where unreadable).

    `broken` are lines that are no rows at all. `first_row` counts rows from 1; `done` of `total`
    is how far the file has been read.
    """

    said: pa.Table
    taps: pa.Table
    broken: list[str]
    first_row: int
    done: int
    total: int


def read_parts(path: Path) -> Iterator[Part]:
    """The rows of a CSV or Parquet file. Refused before the first is given: `file_unreadable`,
    `file_of_unknown_kind`, `columns_are_missing`, `columns_are_unknown`."""
    readers = {".csv": _csv_batches, ".parquet": _parquet_batches}
    if path.suffix.lower() not in readers:
        raise Refused(
            "file_of_unknown_kind",
            gettext_noop("“{file}” is neither a .csv nor a .parquet file."),
            remedy=gettext_noop("Save the taps as one of the two, with its ending in the name."),
            file=path.name,
        )
    row = 1
    try:
        for batch, broken, done, total in readers[path.suffix.lower()](path):
            said = pa.Table.from_batches([batch])
            yield Part(said, _as_taps(said), broken, row, done, total)
            row += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise Refused(
            "file_unreadable",
            gettext_noop("“{file}” cannot be read after row {row}: {why}"),
            remedy=gettext_noop("Mend the file and load it again: what was read is kept once."),
            file=path.name,
            row=row - 1,
            why=str(error).splitlines()[0][:200],
        ) from error


Batches = Iterator[tuple[pa.RecordBatch, list[str], int, int]]


class _Text:
    """A file's bytes with whatever is not UTF-8 replaced by a sign that no word may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = b""
        self.closed = False

    def read(self, size: int) -> bytes:
        if not self._rest:
            raw = self._file.read(size)
            self._rest = self._decode(raw, final=not raw).encode()
            if raw and not self._rest:
                return self.read(size)
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def close(self) -> None:
        self.closed = True


def _csv_batches(path: Path) -> Batches:
    total = path.stat().st_size
    broken: list[str] = []

    def set_aside(row: csv.InvalidRow) -> str:
        broken.append(row.text)
        return "skip"

    with path.open("rb") as file:
        names = _header(file.readline())
        _check_columns(names, path)
        if file.tell() == total:
            return
        columns = dict.fromkeys(names, pa.string())
        reader = csv.open_csv(
            pa.PythonFile(_Text(file), mode="r"),
            read_options=csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names),
            parse_options=csv.ParseOptions(invalid_row_handler=set_aside),
            convert_options=csv.ConvertOptions(
                column_types=columns, strings_can_be_null=True, null_values=[""]
            ),
        )
        for batch in reader:
            for start in range(0, max(batch.num_rows, 1), ROWS):
                yield batch.slice(start, ROWS), broken.copy(), file.tell(), total
                broken.clear()


def _header(line: bytes) -> list[str]:
    names = line.decode("utf-8-sig", "replace").strip().split(",")
    return [name.strip().strip('"') for name in names]


def _parquet_batches(path: Path) -> Batches:
    file = pq.ParquetFile(path)
    _check_columns(file.schema_arrow.names, path)
    total, done = file.metadata.num_rows, 0
    for batch in file.iter_batches(ROWS):
        done += batch.num_rows
        yield batch, [], done, total


def _check_columns(names: list[str], path: Path) -> None:
    instants = [name for name in INSTANTS if name in names]
    missing = [name for name in REQUIRED if name not in names]
    missing += [] if instants else [INSTANTS[0]]
    unknown = sorted({*names} - {*REQUIRED, *OPTIONAL, *INSTANTS})
    twice = sorted({name for name in names if names.count(name) > 1} | {*instants[1:]})
    if missing:
        raise Refused(
            "columns_are_missing",
            gettext_noop("“{file}”, line 1: there is no column {columns}."),
            remedy=gettext_noop("Name the columns in the first line: {known}."),
            file=path.name,
            columns=", ".join(missing),
            known=", ".join((*REQUIRED, *OPTIONAL, INSTANTS[0])),
        )
    if unknown or twice:
        raise Refused(
            "columns_are_unknown",
            gettext_noop("“{file}”, line 1: nothing is known of the column {columns}."),
            remedy=gettext_noop("Leave it out, and have each of these once: {known}."),
            file=path.name,
            columns=", ".join([*unknown, *twice]),
            known=", ".join((*REQUIRED, *OPTIONAL, INSTANTS[0])),
        )


def _as_taps(said: pa.Table) -> pa.Table:
    nothing = pa.nulls(said.num_rows, pa.string())
    columns = []
    for field in TAPS:
        if field.name == "sequence":
            columns.append(_whole_numbers(said["sequence"]))
        elif field.name == "tapped_at_s":
            columns.append(_instants(said))
        elif field.name in said.column_names:
            columns.append(_texts(said[field.name]))
        else:
            columns.append(nothing)
    return pa.table(columns, schema=TAPS)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _whole_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    text = column.cast(pa.string())
    readable = pc.match_substring_regex(text, r"^[0-9]{1,18}$")
    return pc.if_else(readable, text, pa.scalar(None, pa.string())).cast(pa.int64())


def _instants(said: pa.Table) -> pa.ChunkedArray:
    if "tapped_at_s" in said.column_names:
        return _whole_numbers(said["tapped_at_s"])
    column = said["tapped_at"]
    if not pa.types.is_timestamp(column.type):
        return _from_rfc3339(column.cast(pa.string()))
    if column.type.tz is None:
        return pa.chunked_array([pa.nulls(len(column), pa.int64())])
    return column.cast(pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64())


def _from_rfc3339(text: pa.ChunkedArray) -> pa.ChunkedArray:
    parts = pc.extract_regex(text, _RFC3339)
    wall = pc.replace_substring_regex(pc.struct_field(parts, "wall"), "[Tt ]", "T")
    zone = pc.struct_field(parts, "zone")
    instant = pc.strptime(wall, _WALL, "s", error_is_null=True)
    # strptime makes 2 March of 30 February; a date that does not read back is none.
    instant = pc.if_else(pc.equal(pc.strftime(instant, _WALL), wall), instant, None)
    hours = pc.utf8_slice_codeunits(zone, 1, 3)
    minutes = pc.utf8_slice_codeunits(zone, 4, 6)
    is_utc = pc.equal(pc.utf8_length(zone), 1)
    zero = pa.scalar("0")
    offset_s = pc.add(
        pc.multiply(pc.if_else(is_utc, zero, hours).cast(pa.int64()), 3600),
        pc.multiply(pc.if_else(is_utc, zero, minutes).cast(pa.int64()), 60),
    )
    ahead = pc.if_else(pc.equal(pc.utf8_slice_codeunits(zone, 0, 1), "-"), -1, 1)
    return pc.subtract(instant.cast(pa.int64()), pc.multiply(offset_s, ahead))
