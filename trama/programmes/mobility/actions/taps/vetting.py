"""Why a tap cannot be kept yet. The first reason found is told; nothing is written here."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.taps.columns import (
    DIRECTIONS,
    EARLIEST_S,
    LONGEST,
    service_dates,
)
from trama.programmes.mobility.models import HeldTap
from trama.programmes.mobility.queries.taps import Words, words_on

FUTURE_S = 300  # clocks of validators drift; more than five minutes is another mistake
_UNPRINTABLE = "[\\x00-\\x1f\\x7f\N{REPLACEMENT CHARACTER}]"
Mask = npt.NDArray[np.bool_]
Reason = HeldTap.Reason


@dataclass(slots=True)
class Verdicts:
    """For each tap its service day (null if it has none), and why it is held (null if it is not).

    `detail` is the word that was not known or could not be read.
    """

    service_date: pa.Array
    reason: pa.Array
    detail: pa.Array


def vet(*, city: City, taps: pa.Table, devices: pa.Table, at_s: int) -> Verdicts:
    """Look at each of `taps` (see `columns.TAPS`) as of `at_s`.

    `devices` is (code, revoked_at_s: null while it serves) of every device that may appear.
    """
    bench = _Bench(taps)
    for field, wrong in _unreadable(taps):
        bench.hold(wrong, Reason.MALFORMED, field)
    bench.hold(_unserved(taps, devices), Reason.UNKNOWN_DEVICE, "device")
    late_s = pc.subtract(pc.fill_null(taps["tapped_at_s"], 0), at_s)
    future = _mask(pc.greater(late_s, FUTURE_S))
    bench.hold(future, Reason.FROM_THE_FUTURE, "tapped_at_s")
    # Whatever else is wrong with it, a tap of the year 9999 has no service day.
    dated = ~(bench.said([Reason.MALFORMED]) | future)
    days = _days(taps, dated, city)
    for day, here in _by_day(days, dated):
        words = words_on(city, day)
        bench.hold(here & _unrouted(taps, words), Reason.UNKNOWN_ROUTE, "route")
        known = _mask(pc.is_in(taps["medium"], words.media))
        bench.hold(here & ~known, Reason.UNKNOWN_MEDIUM, "medium")
    return Verdicts(days, *bench.findings())


class _Bench:
    """Reasons as they are found: the first one stays."""

    def __init__(self, taps: pa.Table) -> None:
        self.taps = taps
        self.reasons = [""]
        self.fields = [""]
        self.found = np.zeros(taps.num_rows, dtype=np.int8)

    def hold(self, wrong: Mask, reason: Reason, field: str) -> None:
        new = wrong & (self.found == 0)
        if new.any():
            self.reasons.append(reason.value)
            self.fields.append(field)
            self.found[new] = len(self.reasons) - 1

    def said(self, reasons: list[Reason]) -> Mask:
        wanted = [i for i, reason in enumerate(self.reasons) if reason in reasons]
        return np.isin(self.found, wanted)

    def findings(self) -> tuple[pa.Array, pa.Array]:
        held = np.flatnonzero(self.found)
        detail = np.full(len(self.found), None, dtype=object)
        rows = self.taps.take(pa.array(held)).to_pylist() if len(held) else []
        for place, row in zip(held.tolist(), rows, strict=True):
            detail[place] = _said(self.fields[self.found[place]], row)
        reason = pa.array([r or None for r in self.reasons], pa.string()).take(pa.array(self.found))
        return reason, pa.array(detail, pa.string())


def _said(field: str, row: dict[str, object]) -> str:
    value = row["stop"] if field == "route" and row["route"] is None else row[field]
    return f"{field}: {'' if value is None else value}"[:300]


def _mask(condition: pa.Array | pa.ChunkedArray) -> Mask:
    mask: Mask = pc.fill_null(condition, False).to_numpy(zero_copy_only=False)
    return mask


def _unreadable(taps: pa.Table) -> list[tuple[str, Mask]]:
    found = [
        ("device", _mask(pc.is_null(taps["device"]))),
        ("sequence", ~_mask(pc.greater_equal(taps["sequence"], 0))),
        ("medium", _mask(pc.is_null(taps["medium"]))),
        ("tapped_at_s", ~_mask(pc.greater_equal(taps["tapped_at_s"], EARLIEST_S))),
        ("direction", ~_mask(pc.is_in(taps["direction"], pa.array(DIRECTIONS)))),
        ("route", _mask(pc.and_(pc.is_null(taps["route"]), pc.is_null(taps["stop"])))),
    ]
    # All words in one column: a call costs more than the few words of a device's batch.
    chunks = [chunk for name in LONGEST for chunk in taps[name].chunks]
    words = pa.chunked_array(chunks, pa.string())
    lengths = pc.fill_null(pc.utf8_length(words), 0).to_numpy().reshape(len(LONGEST), -1)
    too_long = lengths > np.array(list(LONGEST.values()))[:, None]
    unprintable = _mask(pc.match_substring_regex(words, _UNPRINTABLE)).reshape(too_long.shape)
    return found + list(zip(LONGEST, too_long | unprintable, strict=True))


def _unserved(taps: pa.Table, devices: pa.Table) -> Mask:
    place = pc.index_in(taps["device"], value_set=devices["code"], skip_nulls=True)
    revoked_s = devices["revoked_at_s"].take(place)
    return _mask(pc.or_kleene(pc.is_null(place), pc.less_equal(revoked_s, taps["tapped_at_s"])))


def _unrouted(taps: pa.Table, words: Words) -> Mask:
    routes = taps["route"]
    known = _mask(pc.is_in(routes, words.routes))
    if routes.null_count:
        at_stop = pc.and_(pc.is_null(routes), pc.is_in(taps["stop"], words.stops))
        known |= _mask(at_stop)
    return ~known


def _days(taps: pa.Table, dated: Mask, city: City) -> pa.Array:
    if not dated.any():
        return pa.nulls(taps.num_rows, pa.date32())
    instants = pc.fill_null(taps["tapped_at_s"], 0).filter(pa.array(dated)).combine_chunks()
    return pc.replace_with_mask(
        pa.nulls(taps.num_rows, pa.date32()), pa.array(dated), service_dates(instants, city)
    )


def _by_day(days: pa.Array, dated: Mask) -> list[tuple[date, Mask]]:
    touched = pc.unique(days.drop_null()).to_pylist()
    return [(day, dated & _mask(pc.equal(days, pa.scalar(day, pa.date32())))) for day in touched]
