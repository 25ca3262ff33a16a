"""Trips, their stop times, the days they run and how often, cleaned. Arrow tables of integers.

A trip and a stop are named by their row in the tables of trips and stops: identifiers of text
would fill the memory with millions of copies of a few thousand words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trama.programmes.mobility.networks.archive import Archive
from trama.programmes.mobility.networks.report import FileReport
from trama.programmes.mobility.networks.sheets import MAX_INNER_ID, Sheet, mask, read_batches
from trama.programmes.mobility.networks.values import (
    Column,
    Mask,
    dates,
    seconds,
    trimmed,
    whole_numbers,
)
from trama.programmes.mobility.networks.vocabulary import WEEKDAYS

WORDS = pa.dictionary(pa.int32(), pa.string())


def read_calendar(sheet: Sheet) -> pa.Table:
    """`service_id, days, start_date, end_date`; bit 0 of `days` is Monday."""
    sheet.identify("service_id", limit=MAX_INNER_ID)
    for column in ("start_date", "end_date"):
        sheet.drop(~dates(sheet.texts(column)).given, "date_unreadable")
    for column in WEEKDAYS:
        flag = whole_numbers(sheet.texts(column))
        sheet.drop(~flag.given | (flag.values > 1), "day_unreadable")
    first, last = (dates(sheet.texts(c)).values for c in ("start_date", "end_date"))
    sheet.drop(last < first, "dates_reversed")
    days = np.zeros(len(sheet), np.int64)
    for bit, column in enumerate(WEEKDAYS):
        days |= whole_numbers(sheet.texts(column)).values << bit
    return pa.table(
        {
            "service_id": sheet.texts("service_id"),
            "days": pa.array(days, pa.int8()),
            "start_date": _days(dates(sheet.texts("start_date"))),
            "end_date": _days(dates(sheet.texts("end_date"))),
        }
    )


def read_calendar_dates(sheet: Sheet) -> pa.Table:
    """`service_id, date, exception_type`: 1 runs that day, 2 does not."""
    sheet.identify("service_id", unique=False, limit=MAX_INNER_ID)
    sheet.drop(~dates(sheet.texts("date")).given, "date_unreadable")
    kind = whole_numbers(sheet.texts("exception_type"))
    sheet.drop(~kind.given | (kind.values < 1) | (kind.values > 2), "exception_unreadable")
    day = dates(sheet.texts("date"))
    code = sheet.texts("service_id").dictionary_encode().indices.to_numpy(zero_copy_only=False)
    sheet.drop(~_first(code.astype(np.int64) << 32 | day.values), "duplicate_id")
    return pa.table(
        {
            "service_id": sheet.texts("service_id"),
            "date": _days(dates(sheet.texts("date"))),
            "exception_type": _ints(whole_numbers(sheet.texts("exception_type")), pa.int8()),
        }
    )


def read_trips(sheet: Sheet, routes: pa.Array, services: pa.Array, shapes: pa.Array) -> pa.Table:
    """`trip_id, route_id, service_id, headsign, direction, shape_id, row`."""
    sheet.identify("trip_id", limit=MAX_INNER_ID)
    sheet.refer("route_id", routes, "route_unknown")
    sheet.refer("service_id", services, "service_unknown")
    direction = whole_numbers(sheet.texts("direction_id"))
    wrong = direction.bad | (direction.given & (direction.values > 1))
    sheet.mend(wrong, "direction_unreadable")
    shape = sheet.texts("shape_id")
    drawn = pc.is_in(shape, value_set=shapes)
    sheet.mend(mask(pc.and_(pc.invert(drawn), pc.not_equal(shape, ""))), "shape_unknown")
    return pa.table(
        {
            "trip_id": sheet.texts("trip_id"),
            "route_id": sheet.texts("route_id").dictionary_encode(),
            "service_id": sheet.texts("service_id").dictionary_encode(),
            "headsign": sheet.texts("trip_headsign").dictionary_encode(),
            "direction": pa.array(direction.values, pa.int8(), mask=wrong | ~direction.given),
            "shape_id": pc.if_else(drawn, shape, "").dictionary_encode(),
            "row": sheet.at,
        }
    )


def read_frequencies(sheet: Sheet, trips: pa.Array) -> pa.Table:
    """`trip, start_s, end_s, headway_s, exact`."""
    sheet.refer("trip_id", trips, "trip_unknown")
    for column in ("start_time", "end_time"):
        sheet.drop(~seconds(sheet.texts(column)).given, "time_unreadable")
    headway = whole_numbers(sheet.texts("headway_secs"))
    sheet.drop(~headway.given | (headway.values < 1), "headway_unreadable")
    start, end = (seconds(sheet.texts(c)).values for c in ("start_time", "end_time"))
    sheet.drop(end <= start, "dates_reversed")
    return pa.table(
        {
            "trip": pc.index_in(sheet.texts("trip_id"), value_set=trips),
            "start_s": _ints(seconds(sheet.texts("start_time"))),
            "end_s": _ints(seconds(sheet.texts("end_time"))),
            "headway_s": _ints(whole_numbers(sheet.texts("headway_secs"))),
            "exact": pc.equal(sheet.texts("exact_times"), "1"),
        }
    )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Stop times of one batch as integers; -1 is a time that was left blank."""

    columns: Mapping[str, NDArray[np.int32]]
    at: NDArray[np.int64]


def read_stop_times(
    archive: Archive, report: FileReport, trips: pa.Array, stops: pa.Array
) -> pa.Table:
    """`trip, sequence, stop, arrival_s, departure_s`, ordered by trip and sequence.

    Streams: what is held is five integers a row. Times count from the start of the service day
    and go past 86,400; null where the feed gives none (a stop between two timed ones).
    """
    chunks: list[_Chunk] = []
    for batch in read_batches(archive, "stop_times.txt", WORDS):
        chunks.append(_chunk(batch, report, trips, stops))
        report.read += batch.num_rows
    names = ("trip", "sequence", "stop", "arrival_s", "departure_s")
    empty = np.zeros(0, np.int32)
    columns = {n: np.concatenate([empty, *(c.columns[n] for c in chunks)]) for n in names}
    at = np.concatenate([np.zeros(0, np.int64), *(c.at for c in chunks)])
    columns = _ordered(columns, at, report)
    return pa.table(
        {
            name: pa.array(values, pa.int32(), mask=values < 0 if name.endswith("_s") else None)
            for name, values in columns.items()
        }
    )


def _chunk(batch: pa.RecordBatch, report: FileReport, trips: pa.Array, stops: pa.Array) -> _Chunk:
    at = np.arange(report.read, report.read + batch.num_rows)
    alive = np.ones(batch.num_rows, bool)

    def drop(bad: Mask, reason: str) -> None:
        gone = alive & bad
        if gone.any():
            report.add(reason, at[gone], int(gone.sum()))
            alive[gone] = False

    trip = _codes(batch.column("trip_id"), trips)
    stop = _codes(batch.column("stop_id"), stops)
    sequence = whole_numbers(batch.column("stop_sequence"))
    arrival = seconds(batch.column("arrival_time"))
    departure = seconds(batch.column("departure_time"))
    drop(trip < 0, "trip_unknown")
    drop(stop < 0, "stop_unknown")
    drop(~sequence.given, "sequence_unreadable")
    drop(arrival.bad | departure.bad, "time_unreadable")
    columns: dict[str, NDArray[Any]] = {
        "trip": trip,
        "sequence": sequence.values,
        "stop": stop,
        "arrival_s": _either(arrival, departure),
        "departure_s": _either(departure, arrival),
    }
    kept = {name: values[alive].astype(np.int32) for name, values in columns.items()}
    return _Chunk(kept, at[alive])


def _codes(words: pa.DictionaryArray, known: pa.Array) -> NDArray[np.int32]:
    """Row in `known` of each word, -1 for the unknown."""
    rows = pc.index_in(trimmed(words.dictionary), value_set=known).fill_null(-1)
    of_word = np.append(rows.to_numpy(zero_copy_only=False), np.int32(-1))
    codes: NDArray[np.int32] = of_word[words.indices.to_numpy(zero_copy_only=False)]
    return codes


def _either(first: Column, second: Column) -> NDArray[np.int64]:
    other = np.where(second.given, second.values, -1)
    return np.where(first.given, first.values, other)


def _ordered(
    columns: dict[str, NDArray[np.int32]], at: NDArray[np.int64], report: FileReport
) -> dict[str, NDArray[np.int32]]:
    """By trip and sequence; of rows with the same pair the first in the file stays."""
    key = columns["trip"].astype(np.int64) << 32 | columns["sequence"]
    if (key[1:] > key[:-1]).all():
        return columns
    order = np.argsort(key, kind="stable")
    key = key[order]
    again = np.append(False, key[1:] == key[:-1])
    if again.any():
        first = order[np.maximum.accumulate(np.where(~again, np.arange(len(key)), 0))]
        same = np.logical_and.reduce(
            [columns[name][order] == columns[name][first] for name in columns]
        )
        for reason, found in (
            ("duplicate_row", again & same),
            ("duplicate_sequence", again & ~same),
        ):
            if found.any():
                report.add(reason, np.sort(at[order[found]]), int(found.sum()))
        order = order[~again]
    return {name: values[order] for name, values in columns.items()}


def _first(keys: NDArray[np.int64]) -> Mask:
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


def _days(column: Column) -> pa.Array:
    return pa.array(column.values.astype(np.int32), pa.int32()).cast(pa.date32())


def _ints(column: Column, kind: pa.DataType | None = None) -> pa.Array:
    return pa.array(column.values, kind or pa.int32())
