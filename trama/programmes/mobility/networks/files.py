"""A cleaned feed on disk: one Parquet file per table in `<home>/networks/<digest>/`."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa
import pyarrow.parquet as pq

PARTS = (
    "calendar",
    "calendar_dates",
    "fare_attributes",
    "fare_rules",
    "frequencies",
    "shapes",
    "stop_times",
    "stops",
    "trips",
)


def folder_of(home: Path, digest: str) -> Path:
    """Where the files of a feed lie."""
    return home / "networks" / digest


@contextmanager
def staged(home: Path, tables: Mapping[str, pa.Table]) -> Iterator[Path]:
    """The tables written to a folder that is gone afterwards unless `publish` moved it."""
    networks = home / "networks"
    networks.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=".loading-", dir=networks))
    try:
        for name in PARTS:
            if name in tables:
                _write(tables[name], folder / f"{name}.parquet")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staging: Path, home: Path, digest: str) -> bool:
    """Move a staged folder to its place at once; False when the same feed lies there already."""
    final = folder_of(home, digest)
    try:
        staging.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        return False
    _sync(final)
    _sync(final.parent)
    return True


def withdraw(home: Path, digest: str) -> None:
    """Remove the files of a feed that no row names."""
    shutil.rmtree(folder_of(home, digest), ignore_errors=True)


def read_part(home: Path, digest: str, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """One table of a feed; `FileNotFoundError` when the feed does not have it."""
    return pq.read_table(
        folder_of(home, digest) / f"{name}.parquet", columns=columns, partitioning=None
    )


def read_parts(home: Path, digest: str, *names: str) -> dict[str, pa.Table]:
    """Those of the named tables that the feed has."""
    folder = folder_of(home, digest)
    return {
        name: read_part(home, digest, name)
        for name in names
        if (folder / f"{name}.parquet").exists()
    }


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
