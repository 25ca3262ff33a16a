"""Keeping taps once, and keeping aside, with its reason, what cannot be kept yet."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

from trama.foundations.registry.models import City
from trama.foundations.registry.sets import staged
from trama.programmes.mobility.actions.taps.columns import contents_of, fingerprint
from trama.programmes.mobility.actions.taps.sorting import Sorted, sort_taps


@dataclass(frozen=True, slots=True)
class Aside:
    """What is kept aside: a reason, the word it hangs on, the tap and perhaps the one kept first.

    `tap` has the fields of `columns.TAPS`; of a malformed row, whatever stood there.
    """

    reason: str
    detail: str
    tap: dict[str, Any]
    tapped_at_s: int | None = None
    kept: dict[str, Any] | None = None

    @property
    def content(self) -> str:
        """What stands in the row, as JSON. PostgreSQL cannot keep the character 0."""
        both = {"tap": self.tap} if self.kept is None else {"tap": self.tap, "kept": self.kept}
        return json.dumps(both).replace("\\u0000", "\\ufffd")


def keep_taps(*, city: City, taps: pa.Table, devices: pa.Table, at_s: int) -> Sorted:
    """Keep each of `taps` once, hold what cannot be kept, and say what became of each.

    `taps` has the columns of `columns.TAPS`; `devices` is (code: string, revoked_at_s: int64 or
    null) of all that may appear. When this returns outside of a transaction, everything it says
    is on the disk.
    """
    with transaction.atomic():
        result = sort_taps(city=city, taps=taps, devices=devices, at_s=at_s)
        hold_taps(city=city, aside=aside_of(taps, result), at_s=at_s)
    return result


def aside_of(taps: pa.Table, result: Sorted) -> list[Aside]:
    """What `sort_taps` did not keep and must not be lost, in the order of `taps`."""
    places = result.aside()
    if not places:
        return []
    contents = contents_of(taps.take(pa.array(places, pa.int64())))
    return [
        Aside(
            reason=result.reason[place] or "",
            detail=result.detail[place] or "",
            tap=content,
            tapped_at_s=content["tapped_at_s"],
            kept=result.kept_first.get(place),
        )
        for place, content in zip(places, contents, strict=True)
    ]


def hold_taps(*, city: City, aside: Iterable[Aside], at_s: int) -> int:
    """Keep taps aside and answer how many were new: the same content twice is one row."""
    rows = list(aside)
    if not rows:
        return 0
    table = pa.table(
        {
            "reason": pa.array([row.reason for row in rows], pa.string()),
            "detail": pa.array([row.detail.replace("\0", "\ufffd") for row in rows], pa.string()),
            "content": pa.array([row.content for row in rows], pa.string()),
            "fingerprint": pa.array([fingerprint(row.tap) for row in rows], pa.string()),
            "tapped_at_s": pa.array([row.tapped_at_s for row in rows], pa.int64()),
        }
    )
    json_type = "jsonb" if connection.vendor == "postgresql" else "text"
    insert = f"""
        INSERT INTO mobility_heldtap
            (city_id, reason, detail, content, fingerprint, tapped_at_s, received_at_s, state)
        SELECT %s, reason, detail, CAST(content AS {json_type}), fingerprint, tapped_at_s, %s,
            'held'
        FROM holding WHERE true ORDER BY fingerprint
        ON CONFLICT (city_id, fingerprint) DO NOTHING
    """  # noqa: S608
    with transaction.atomic(), staged("holding", table) as cursor:
        cursor.execute(insert, [city.pk, at_s])
        return int(cursor.rowcount)
