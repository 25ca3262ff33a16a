"""What becomes of each tap that arrives: kept, a duplicate, in conflict, or held for a reason.

A tap is its device and sequence. The pair is looked for among the open taps (one SQL join) and,
where a sealed day says that it has sequences around it, among the sealed ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.db.backends.utils import CursorWrapper

from trama.foundations.registry.models import City
from trama.foundations.registry.sets import fetch_table, staged
from trama.programmes.mobility.actions.taps.columns import TAPS
from trama.programmes.mobility.actions.taps.vetting import Verdicts, vet
from trama.programmes.mobility.models import HeldTap
from trama.programmes.mobility.queries.taps import sealed_matches

KEPT, DUPLICATE, CONFLICT, HELD = "kept", "duplicate", "conflict", "held"
_FIELDS = ", ".join(TAPS.names)
_KEPT_FIELDS = ", ".join(f"t.{name}" for name in TAPS.names)
_SAME = " AND ".join(
    f"s.{name} = t.{name}"
    if name in ("medium", "tapped_at_s", "direction")
    else f"COALESCE(s.{name}, '') = COALESCE(t.{name}, '')"
    for name in TAPS.names
    if name not in ("device", "sequence")
)
_LAST_ID = "SELECT COALESCE(MAX(id), 0) FROM mobility_tap"
# In the order of the index they go into, and always the same, so that nobody waits in a circle.
_INSERT = f"""
    INSERT INTO mobility_tap (city_id, {_FIELDS}, service_date, received_at_s)
    SELECT %s, {_FIELDS}, service_date, %s
    FROM arriving WHERE reason IS NULL
    ORDER BY device, sequence, place
    ON CONFLICT (city_id, device, sequence) DO NOTHING
"""  # noqa: S608
# A cross join is an order: SQLite must walk the few that arrive, not the many that are there.
_COMPARE = f"""
    SELECT place, CASE WHEN is_same THEN 1 ELSE 0 END FROM (
        SELECT s.place, s.reason, {_SAME} AS is_same, t.id,
            ROW_NUMBER() OVER (
                PARTITION BY s.device, s.sequence, s.reason IS NULL ORDER BY s.place
            ) AS nth
        FROM arriving s CROSS JOIN mobility_tap t
        WHERE t.city_id = %s AND t.device = s.device AND t.sequence = s.sequence
    ) AS paired
    WHERE NOT (id > %s AND nth = 1 AND reason IS NULL)
"""  # noqa: S608
_CONFLICTING = f"""
    SELECT s.place, {_KEPT_FIELDS}
    FROM arriving s CROSS JOIN mobility_tap t
    WHERE t.city_id = %s AND t.device = s.device AND t.sequence = s.sequence
        AND s.reason IS NULL AND NOT ({_SAME})
"""  # noqa: S608
_SPANS = """
    SELECT z.service_date, s.place, s.device, s.sequence
    FROM arriving s CROSS JOIN mobility_sealedsequence z
    WHERE z.city_id = %s AND z.device = s.device AND s.sequence BETWEEN z.first AND z.last
"""
_SPANNED = pa.schema(
    [
        ("day", pa.date32()),
        ("place", pa.int64()),
        ("device", pa.string()),
        ("sequence", pa.int64()),
    ]
)
_COMPARED = pa.schema([("place", pa.int64()), ("is_same", pa.int64())])
_KEPT_FIRST = pa.schema([("place", pa.int64()), *TAPS])


@dataclass(slots=True)
class Sorted:
    """For each tap: `outcome`, and why it was held, or which tap it is in conflict with."""

    outcome: list[str]
    reason: list[str | None]
    detail: list[str | None]
    kept_first: dict[int, dict[str, Any]]

    def aside(self) -> list[int]:
        """The places of taps that were not kept and must not be lost."""
        return [i for i, outcome in enumerate(self.outcome) if outcome in (CONFLICT, HELD)]


def lock_taps_of(city: City) -> None:
    """Let one transaction at a time keep or seal taps of `city`, until it ends.

    Row numbers then become visible in their order, which the closing of a day relies on. SQLite
    has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mobility_tap'), %s)", [city.pk])


def sort_taps(*, city: City, taps: pa.Table, devices: pa.Table, at_s: int) -> Sorted:
    """Keep what can be kept of `taps` and say what became of each. Call in a transaction.

    Holding what could not be kept is the caller's part.
    """
    lock_taps_of(city)
    verdicts = vet(city=city, taps=taps, devices=devices, at_s=at_s)
    with staged("arriving", _arriving(taps, verdicts)) as cursor:
        paired = [_pair_with_sealed(cursor, city, taps)]
        cursor.execute(_LAST_ID)
        last_id = cursor.fetchone()[0]
        cursor.execute(_INSERT, [city.pk, at_s])
        if cursor.rowcount < taps.num_rows:
            paired.append(_pair_with_open(cursor, city, last_id))
    return _said(taps, verdicts, paired)


@dataclass(frozen=True, slots=True)
class _Paired:
    """Taps whose pair is there already: `_COMPARED`, and `_KEPT_FIRST` where it tells otherwise."""

    compared: pa.Table
    kept_first: pa.Table


def _arriving(taps: pa.Table, verdicts: Verdicts) -> pa.Table:
    places = pa.array(np.arange(taps.num_rows))
    columns = [*taps.columns, verdicts.service_date, verdicts.reason, places]
    table = pa.table(columns, names=[*TAPS.names, "service_date", "reason", "place"])
    readable = pc.not_equal(table["reason"], HeldTap.Reason.MALFORMED.value)
    return table.filter(pc.fill_null(readable, True))


def _pair_with_open(cursor: CursorWrapper, city: City, last_id: int) -> _Paired:
    cursor.execute(_COMPARE, [city.pk, last_id])
    compared = fetch_table(cursor, _COMPARED)
    if pc.all(pc.equal(compared["is_same"], 1)).as_py() in (True, None):
        return _Paired(compared, _KEPT_FIRST.empty_table())
    cursor.execute(_CONFLICTING, [city.pk])
    return _Paired(compared, fetch_table(cursor, _KEPT_FIRST))


def _pair_with_sealed(cursor: CursorWrapper, city: City, taps: pa.Table) -> _Paired:
    """What arrives and lies in a sealed day already arrives no more."""
    cursor.execute(_SPANS, [city.pk])
    spanned = fetch_table(cursor, _SPANNED)
    if not spanned.num_rows:
        return _Paired(_COMPARED.empty_table(), _KEPT_FIRST.empty_table())
    found = [_KEPT_FIRST.empty_table()]
    for day in pc.unique(spanned["day"]).to_pylist():
        there = spanned.filter(pc.equal(spanned["day"], pa.scalar(day)))
        found.append(sealed_matches(city, day, there.select(["place", "device", "sequence"])))
    sealed = pa.concat_tables(found)
    gone = [(place,) for place in sealed["place"].to_pylist()]
    cursor.executemany("DELETE FROM arriving WHERE place = %s", gone)
    compared = pa.table([sealed["place"], _is_same(taps, sealed)], schema=_COMPARED)
    return _Paired(compared, sealed)


def _is_same(taps: pa.Table, sealed: pa.Table) -> pa.Array:
    """1 where a sealed tap tells the same as the arriving one at its `place`, else 0."""
    same = np.ones(sealed.num_rows, dtype=np.int64)
    arrived = taps.take(sealed["place"])
    for name in TAPS.names:
        equal = pc.fill_null(pc.equal(arrived[name], sealed[name]), False)
        silent = pc.and_(pc.is_null(arrived[name]), pc.is_null(sealed[name]))
        same &= pc.or_(equal, silent).to_numpy(zero_copy_only=False)
    return pa.array(same)


def _said(taps: pa.Table, verdicts: Verdicts, paired: list[_Paired]) -> Sorted:
    reason = verdicts.reason.to_pylist()
    detail = verdicts.detail.to_pylist()
    outcome = [KEPT if why is None else HELD for why in reason]
    kept_first = {}
    for pairs in paired:
        here = pairs.compared.to_pydict()
        for place, is_same in zip(here["place"], here["is_same"], strict=True):
            if is_same:
                outcome[place], reason[place] = DUPLICATE, None
            elif reason[place] is None:
                outcome[place], reason[place] = CONFLICT, HeldTap.Reason.CONFLICT.value
        for row in pairs.kept_first.to_pylist():
            place = row.pop("place")
            if outcome[place] == CONFLICT:
                kept_first[place] = row
                detail[place] = _differences(row, taps.slice(place, 1).to_pylist()[0])
    return Sorted(outcome, reason, detail, kept_first)


def _differences(kept: dict[str, Any], sent: dict[str, Any]) -> str:
    return ", ".join(name for name in TAPS.names if kept[name] != sent[name])
