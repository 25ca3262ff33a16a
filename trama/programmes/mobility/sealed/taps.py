"""The taps of a closed day, in the order in which they are priced."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.sealed.layout import (
    BUCKETS,
    STRANGERS,
    STRANGERS_PER_GROUP,
    TAP_SCHEMA,
    TAPS,
    SealedFile,
    sealed_path,
    sealing,
)

REQUIRED = ("account", "tapped_at_s", "medium")


def write_taps(folder: Path, revision: int, taps: pa.Table) -> SealedFile:
    """Seal `taps` as the revision's taps of the day in `folder`.

    The columns of `TAP_SCHEMA`, in any order of rows; texts plain or dictionary encoded. A column
    but account, tapped_at_s and medium may be absent (null); `revision` is filled in where it is.
    The bytes depend on the set of taps only, not on their order. `ValueError`: a required column
    is missing, or a column has another type.
    """
    return write_buckets(folder, revision, grouped(conformed(taps, revision)))


def write_buckets(
    folder: Path, revision: int, buckets: Iterable[tuple[int, pa.Table]]
) -> SealedFile:
    """Seal taps that come bucket by bucket (ascending, STRANGERS last), each `conformed` and in
    order: for days that do not fit in memory."""
    with sealing(sealed_path(folder, TAPS, revision), TAP_SCHEMA) as sealed:
        for bucket, table in buckets:
            sealed.write(bucket, compacted(table))
    return sealed.file


def conformed(taps: pa.Table, revision: int) -> pa.Table:
    """`taps` with the columns and types of `TAP_SCHEMA`."""
    missing = [name for name in REQUIRED if name not in taps.column_names]
    if missing:
        raise ValueError(f"the taps have no column {missing}")
    columns = []
    for field in TAP_SCHEMA:
        if field.name in taps.column_names:
            columns.append(_as_type(taps[field.name], field.type))
        elif field.name == "revision":
            columns.append(pa.array(np.full(taps.num_rows, revision, np.int16)))
        else:
            columns.append(pa.nulls(taps.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=TAP_SCHEMA)


def _as_type(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    try:
        if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        column = column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ValueError(str(error)) from error
    if pa.types.is_dictionary(kind):
        column = column.unify_dictionaries()
    return column.combine_chunks()


def grouped(taps: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The row groups of conformed taps: bucket and rows by account, instant, device, sequence."""
    account = taps["account"].to_numpy()
    bucket = np.where(account < 0, BUCKETS, account % BUCKETS).astype(np.uint8)
    by_bucket = np.argsort(bucket, kind="stable")
    ends = np.cumsum(np.bincount(bucket, minlength=BUCKETS + 1))
    keys = _keys(taps)
    for number, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        rows = by_bucket[begin:end]
        rows = rows[np.lexsort([key[rows] for key in keys])]
        if number < BUCKETS:
            yield number, taps.take(pa.array(rows))
            continue
        for first in range(0, len(rows), STRANGERS_PER_GROUP):
            yield STRANGERS, taps.take(pa.array(rows[first : first + STRANGERS_PER_GROUP]))


def _keys(taps: pa.Table) -> list[npt.NDArray[np.int64]]:
    """What rows are ordered by, the last key first."""
    device = taps["device"].combine_chunks()
    ranks = pc.rank(device.dictionary, tiebreaker="dense").to_numpy().astype(np.int64)
    indices = device.indices.fill_null(len(ranks)).to_numpy(zero_copy_only=False)
    return [
        pc.fill_null(taps["sequence"], -1).to_numpy(),
        np.append(ranks, 0)[indices],
        taps["tapped_at_s"].to_numpy(),
        taps["account"].to_numpy(),
    ]


def compacted(table: pa.Table) -> pa.Table:
    """The same rows with dictionaries of the texts in use, sorted: equal rows make equal bytes."""
    columns = [
        _compacted(column) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _compacted(column: pa.ChunkedArray) -> pa.Array:
    whole = column.unify_dictionaries().combine_chunks()
    array = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    indices = array.indices
    numbers = indices.fill_null(len(array.dictionary)).to_numpy(zero_copy_only=False)
    used = np.flatnonzero(
        np.bincount(numbers, minlength=len(array.dictionary))[: len(array.dictionary)]
    )
    texts = array.dictionary.take(pa.array(used))
    by_text = pc.sort_indices(texts).to_numpy()
    place = np.zeros(len(array.dictionary) + 1, np.int32)
    place[used[by_text]] = np.arange(len(used), dtype=np.int32)
    mask = None if not indices.null_count else indices.is_null().to_numpy(zero_copy_only=False)
    return pa.DictionaryArray.from_arrays(
        pa.array(place[numbers], mask=mask), texts.take(pa.array(by_text))
    )
