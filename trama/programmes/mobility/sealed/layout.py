"""Names, columns and row groups of sealed files, and how one is written so that it is whole."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest
from pathlib import Path
from threading import local
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

BUCKETS = 64
"""An account lives in the bucket `account % BUCKETS`: one row group of each file."""
STRANGERS = -1
"""The bucket of rows without an account: the last row groups of a file."""
STRANGERS_PER_GROUP = 500_000
TAPS, PRICES, CARRY = "taps", "prices", "carry"
_GROUPS = b"trama.buckets"
_CODEC = {"compression": "zstd", "compression_level": 1}
_TEXT = pa.dictionary(pa.int32(), pa.string())

TAP_SCHEMA = pa.schema(
    [
        pa.field("account", pa.int64(), nullable=False),
        pa.field("token", pa.string()),
        pa.field("tapped_at_s", pa.int64(), nullable=False),
        pa.field("route", _TEXT),
        pa.field("agency", _TEXT),
        pa.field("operator", _TEXT),
        pa.field("medium", _TEXT),
        pa.field("category", _TEXT),
        pa.field("direction", _TEXT),
        pa.field("stop", _TEXT),
        pa.field("vehicle", _TEXT),
        pa.field("device", _TEXT),
        pa.field("sequence", pa.int64()),
        pa.field("issuer", _TEXT),
        pa.field("received_at_s", pa.int64()),
        pa.field("route_told", pa.bool_()),
        pa.field("revision", pa.int16(), nullable=False),
    ]
)
"""A sealed tap; `revision` is the one in which it came;
`route_told` is false where the route was found from the stop. Instants are epoch seconds."""

# Numbers that grow along the rows pack best as differences, the others as dictionaries.
_ENCODING = dict.fromkeys(
    ("account", "tapped_at_s", "sequence", "received_at_s", "journey", "previous_s", "first_s"),
    "DELTA_BINARY_PACKED",
) | {"token": "DELTA_BYTE_ARRAY"}


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that was written whole: where, how many rows, and the SHA-256 of its bytes."""

    path: Path
    rows: int
    sha256: str


def day_folder(home: Path, city: str, day: date) -> Path:
    """Where the files of a city's service day are."""
    return home / "days" / city / day.isoformat()


def sealed_path(folder: Path, kind: str, revision: int) -> Path:
    """The file of a kind (TAPS, PRICES, CARRY) and a revision."""
    return folder / f"{kind}-r{revision}.parquet"


def revisions_of(folder: Path, kind: str) -> list[int]:
    """The revisions that `folder` has of a kind of file, newest first."""
    names = (path.stem for path in folder.glob(f"{kind}-r*.parquet"))
    return sorted((int(name.rpartition("-r")[2]) for name in names), reverse=True)


class Groups:
    """An open sealed file: its row groups by bucket. Any thread may read.

    Arrow's reader crashes when two threads share it, so each thread has its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = local()
        self._files: list[pq.ParquetFile] = []
        metadata = self._file().metadata
        self.rows: int = metadata.num_rows
        self.names: list[str] = self._file().schema_arrow.names
        self.buckets: list[int] = json.loads(metadata.metadata[_GROUPS])

    def of(self, bucket: int) -> list[int]:
        """The row groups of a bucket: one or none of accounts, any number of STRANGERS."""
        return [group for group, other in enumerate(self.buckets) if other == bucket]

    def read(self, group: int, columns: list[str] | None = None) -> pa.Table:
        """One row group; `columns` in the file's order."""
        return self._file().read_row_group(group, columns=columns, use_threads=False)

    def _file(self) -> pq.ParquetFile:
        if not hasattr(self._mine, "file"):
            self._mine.file = pq.ParquetFile(self._path)
            self._files.append(self._mine.file)
        file: pq.ParquetFile = self._mine.file
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()


class GroupWriter:
    """Writes row groups, each of one bucket. A table with no rows is no group."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._buckets: list[int] = []
        self.rows = 0
        encoding = {name: _ENCODING[name] for name in schema.names if name in _ENCODING}
        self._writer = pq.ParquetWriter(
            path,
            schema,
            version="2.6",
            use_dictionary=[name for name in schema.names if name not in encoding],
            column_encoding=encoding or None,
            # Rows are found by bucket, never by a range of values: statistics would only make
            # the footer, which every reader decodes, several times longer.
            write_statistics=False,
            **_CODEC,
        )

    def write(self, bucket: int, table: pa.Table) -> None:
        """Add `table` as the next row group."""
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._buckets.append(bucket)
            self.rows += table.num_rows

    def close(self) -> None:
        """Write the footer."""
        self._writer.add_key_value_metadata({_GROUPS: json.dumps(self._buckets).encode()})
        self._writer.close()


class Sealing:
    """What `sealing` hands out: the writer, and the sealed file once the block has ended."""

    def __init__(self, writer: GroupWriter) -> None:
        self.write = writer.write
        self.file: SealedFile


@contextmanager
def sealing(path: Path, schema: pa.Schema) -> Iterator[Sealing]:
    """Write a sealed file: under another name, forced to the disk, then renamed.

    A process that is killed leaves the old file or none, and a temporary that the next run
    overwrites. When the block raises, nothing is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing")
    writer = GroupWriter(temporary, schema)
    result = Sealing(writer)
    try:
        yield result
        writer.close()
        _force(temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with temporary.open("rb") as written:
        sha256 = file_digest(written, "sha256").hexdigest()
    temporary.replace(path)
    _force(path.parent)
    result.file = SealedFile(path, writer.rows, sha256)


def _force(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def options() -> dict[str, Any]:
    """The codec of sealed files, for whoever measures against it."""
    return dict(_CODEC)
