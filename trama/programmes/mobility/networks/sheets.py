"""One file of a feed as a sheet of texts, from which rows are dropped with their reason."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.networks.archive import MEBIBYTE, Archive, guarded
from trama.programmes.mobility.networks.report import FileReport
from trama.programmes.mobility.networks.values import Mask, trimmed
from trama.programmes.mobility.networks.vocabulary import FILES

BLOCK_BYTES = 4 * MEBIBYTE
MAX_HEADER_BYTES = 64 * 1024
MAX_ID = 64  # leaves room for the prefix of a feed in a column of 80
MAX_INNER_ID = 250  # of trips, services and shapes, which only files name
TEXT_SHOWN = 120


@dataclass(slots=True)
class Sheet:
    """Rows of one file. `at` holds the number of each row in its file, from 0."""

    rows: pa.RecordBatch
    at: NDArray[np.int64]
    report: FileReport

    def __len__(self) -> int:
        return len(self.at)

    def texts(self, column: str) -> pa.Array:
        """The trimmed texts of a column; a column the feed does not have is blank."""
        return self.rows.column(column)

    def drop(self, bad: Mask, reason: str) -> None:
        """Leave out the rows where `bad`, and say so."""
        if bad.any():
            self.report.add(reason, self.at[bad], int(bad.sum()))
            self.rows = self.rows.filter(pa.array(~bad))
            self.at = self.at[~bad]

    def mend(self, changed: Mask, reason: str) -> None:
        """Say that the rows where `changed` were kept, but not as they came."""
        if changed.any():
            self.report.add(reason, self.at[changed], int(changed.sum()))

    def replace(self, column: str, texts: pa.Array) -> None:
        """Put other texts in a column."""
        at = self.rows.schema.get_field_index(column)
        self.rows = self.rows.set_column(at, column, texts)

    def read(self, column: str, parse: Callable[[pa.Array], Any], reason: str) -> Any:
        """A column as `values.Column`, rows that cannot be read dropped for `reason`."""
        parsed = parse(self.texts(column))
        if not parsed.bad.any():
            return parsed
        self.drop(parsed.bad, reason)
        return parse(self.texts(column))

    def identify(self, column: str, *, unique: bool = True, limit: int = MAX_ID) -> None:
        """Drop rows whose identifier is missing, too long or, when `unique`, already there."""
        self.drop(mask(pc.equal(self.texts(column), "")), "id_missing")
        self.drop(mask(pc.greater(pc.utf8_length(self.texts(column)), limit)), "id_too_long")
        if unique:
            self.drop(~first_ones(self.texts(column)), "duplicate_id")

    def refer(self, column: str, known: pa.Array, reason: str) -> None:
        """Drop rows whose reference is not among `known`."""
        self.drop(~mask(pc.is_in(self.texts(column), value_set=known)), reason)

    def shorten(self, column: str, limit: int) -> None:
        """Cut texts of more than `limit` characters, and say so."""
        self.mend(mask(pc.greater(pc.utf8_length(self.texts(column)), limit)), "text_shortened")
        self.replace(column, pc.utf8_slice_codeunits(self.texts(column), 0, limit))


def mask(booleans: pa.Array) -> Mask:
    """An Arrow column of booleans without nulls as a mask."""
    found: Mask = booleans.to_numpy(zero_copy_only=False).astype(bool)
    return found


def first_ones(texts: pa.Array) -> Mask:
    """True where a text stands for the first time."""
    codes = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    first = np.zeros(len(codes), bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return first


def read_sheet(archive: Archive, name: str, report: FileReport) -> Sheet:
    """All rows of a file, texts trimmed. `Refused` with file and line when it is not a table."""
    batches = list(read_batches(archive, name, pa.string()))
    rule = FILES[name]
    columns = {
        column: pa.chunked_array(
            [trimmed(batch.column(column)) for batch in batches], pa.string()
        ).combine_chunks()
        for column in (*rule.needed, *rule.optional)
    }
    rows = pa.record_batch(columns)
    report.read = rows.num_rows
    return Sheet(rows, np.arange(rows.num_rows), report)


def read_batches(archive: Archive, name: str, text_type: pa.DataType) -> Iterator[pa.RecordBatch]:
    """The columns that are read, batch by batch; one the file does not have comes as blanks."""
    rule = FILES[name]
    wanted = (*rule.needed, *rule.optional)
    with guarded(name), archive.open(name) as raw:
        stream = io.BufferedReader(cast(io.RawIOBase, raw))
        header = _header(stream, name)
        if not stream.peek(1):
            return
        try:
            reader = pacsv.open_csv(
                stream,
                read_options=pacsv.ReadOptions(
                    column_names=header, use_threads=False, block_size=BLOCK_BYTES
                ),
                parse_options=pacsv.ParseOptions(
                    newlines_in_values=True, invalid_row_handler=_skip_spaces
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, text_type),
                    include_columns=[c for c in wanted if c in header],
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield _with_blanks(batch, wanted, text_type)
        except pa.ArrowInvalid as why:
            if "Empty CSV" not in str(why):
                raise _not_a_table(archive, name, len(header), why) from why


def _skip_spaces(row: pacsv.InvalidRow) -> str:
    return "error" if row.text.strip() else "skip"


def _with_blanks(
    batch: pa.RecordBatch, wanted: tuple[str, ...], text_type: pa.DataType
) -> pa.RecordBatch:
    columns = [
        batch.column(column)
        if column in batch.schema.names
        else pa.repeat("", batch.num_rows).cast(text_type)
        for column in wanted
    ]
    return pa.record_batch(columns, list(wanted))


def _header(stream: "io.BufferedReader[io.RawIOBase]", name: str) -> list[str]:
    """Names of the columns, cleaned. Empty, repeated or missing ones are refused."""
    line = b""
    while not line.strip():
        line = stream.readline(MAX_HEADER_BYTES)
        if not line:
            break
    try:
        cells = next(csv.reader([line.decode("utf-8-sig")], skipinitialspace=True), [])
    except (csv.Error, UnicodeDecodeError):
        cells = []
    names = [cell.strip().strip('"').lower() for cell in cells]
    missing = [column for column in FILES[name].needed if column not in names]
    twice = [column for column in names if column and names.count(column) > 1]
    if missing or twice or not names:
        raise Refused(
            "feed_lacks_a_column",
            gettext_noop("{file}, line 1: {column} is missing or there twice."),
            remedy=gettext_noop("The first line of a file names its columns as GTFS does."),
            file=name,
            column=", ".join(missing or twice[:1]) or "?",
        )
    return [cell or f"unnamed {i}" for i, cell in enumerate(names)]


def _not_a_table(archive: Archive, name: str, width: int, why: Exception) -> Refused:
    line, text = 0, str(why)
    for number, cells in _records(archive, name):
        if len(cells) != width:
            line, text = number, ",".join(cells)
            break
    return Refused(
        "feed_is_not_a_table",
        gettext_noop("{file}, line {line}: not {width} values as its first line says: {text}"),
        remedy=gettext_noop("Mend the line, or ask the publisher to, and load the feed again."),
        file=name,
        line=line,
        width=width,
        text=text[:TEXT_SHOWN],
    )


def _records(archive: Archive, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row after the header, as far as they can be told apart."""
    with guarded(name), archive.open(name) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline=""))
        before, header = 0, True
        try:
            for cells in lines:
                if any(cell.strip() for cell in cells) or len(cells) > 1:
                    if not header:
                        yield before + 1, cells
                    header = False
                before = lines.line_num
        except csv.Error:
            return


def locate(archive: Archive, reports: Mapping[str, FileReport]) -> None:
    """Give the examples of every finding the line and the text they have in their file."""
    for name, report in reports.items():
        wanted = {row for finding in report.findings.values() for row in finding.examples}
        found: dict[int, tuple[int, str]] = {}
        if wanted:
            last = max(wanted)
            for row, (line, cells) in enumerate(_records(archive, name)):
                if row in wanted:
                    found[row] = (line, ",".join(cells)[:TEXT_SHOWN])
                if row >= last:
                    break
        for finding in report.findings.values():
            finding.lines = [found.get(row, (row + 2, "")) for row in sorted(finding.examples)]
