"""What an organisation did, earned and owes on a service day, and the ledger's word for it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection

from trama.foundations.ledger.queries import accounts, postings
from trama.foundations.payments.netting import payments
from trama.foundations.payments.queries import settlement_totals
from trama.foundations.registry.models import City, Organisation
from trama.programmes.mobility.clearing import posting_key
from trama.programmes.mobility.models import Closing
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.reading import read_groups

SUMMED = ("fare_minor", "programme_minor", "share_minor")
FILE_COLUMNS = [
    *("tapped_at_s", "device", "sequence", "token", "route", "stop", "medium", "category"),
    *("direction", "journey", "leg", "single_minor", "fare_minor", "programme_minor"),
    *("tendered_minor", "share_minor", "operator"),
]
BOOKED = ("cash", "excess", "programme", "clearing", "fee", "settlement", "obligation")
"""The moments of a closing that are posted per organisation; charges are posted per rider."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting of a closing: `moment` is one of `BOOKED`, `debit` and `credit` account names."""

    revision: int
    moment: str
    source: str
    debit: str
    credit: str
    amount_minor: int


def last_revision(city: City, day: date) -> int | None:
    """The newest finished revision of a day; None while it is not closed."""
    done = Closing.objects.filter(city=city, service_date=day, step=Closing.Step.DONE)
    return done.order_by("-revision").values_list("revision", flat=True).first()


def route_totals(city: City, day: date) -> pa.Table:
    """A closed day as (operator, route, medium, taps, boardings, fare_minor, programme_minor,
    share_minor), by operator and route. Taps off count as taps and not as boardings.

    Reads the sealed day once and is kept until a closing adds to it.
    """
    last = last_revision(city, day)
    return _route_totals(city.code, day, (settings.HOME, connection.settings_dict["NAME"], last))


@lru_cache(maxsize=32)
def _route_totals(city: str, day: date, stamp: tuple[Any, ...]) -> pa.Table:
    keys = ["operator", "route", "medium"]
    parts = [_NO_TOTALS]
    if stamp[-1] is not None:
        folder, columns = day_folder(settings.HOME, city, day), [*keys, "direction", *SUMMED]
        for rows in read_groups(folder, columns, stamp[-1] + 1):
            parts.append(_summed(rows, keys))
    counts = ["taps", "boardings", *SUMMED]
    whole = pa.concat_tables(parts).group_by(keys, use_threads=False)
    table = whole.aggregate([(name, "sum") for name in counts])
    return table.rename_columns([*keys, *counts]).sort_by([(key, "ascending") for key in keys])


_NO_TOTALS = pa.schema(
    [(name, pa.string()) for name in ("operator", "route", "medium")]
    + [(name, pa.int64()) for name in ("taps", "boardings", *SUMMED)]
).empty_table()


def _summed(rows: pa.Table, keys: list[str]) -> pa.Table:
    boards = pc.not_equal(pc.cast(rows["direction"], pa.string()), "off")
    table = pa.table(
        {
            **{key: pc.cast(rows[key], pa.string()) for key in keys},
            "taps": pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows),
            "boardings": pc.cast(boards, pa.int64()),
            **{name: pc.cast(rows[name], pa.int64()) for name in SUMMED},
        }
    )
    grouped = table.group_by(keys, use_threads=False)
    found = grouped.aggregate([(name, "sum") for name in ("taps", "boardings", *SUMMED)])
    return found.rename_columns(_NO_TOTALS.column_names)


def operator_rows(city: City, day: date, operator: str) -> Iterator[dict[str, list[Any]]]:
    """Every priced tap of an operator's day, group by group, as columns of `FILE_COLUMNS`."""
    last = last_revision(city, day)
    if last is None:
        return
    folder = day_folder(settings.HOME, city.code, day)
    for rows in read_groups(folder, FILE_COLUMNS, last + 1):
        mine = rows.filter(pc.equal(pc.cast(rows["operator"], pa.string()), operator))
        if mine.num_rows:
            yield mine.to_pydict()


def booked(city: City, day: date, moments: tuple[str, ...] = BOOKED) -> list[Booked]:
    """What the finished closings of a day posted per organisation, revision by revision."""
    last = last_revision(city, day)
    return [
        Booked(revision, moment, row.source, row.debit.name, row.credit.name, row.posted_minor)
        for revision in range(-1 if last is None else last + 1)
        for moment in moments
        for row in postings(source_prefix=f"{posting_key(city.code, day, revision)}/{moment}/")
    ]


def booked_of(organisation: Organisation, day: date) -> list[Booked]:
    """Those postings of a day that move an account of `organisation`."""
    city, end = organisation.city, f":{organisation.city.code}:{organisation.code}"
    return [b for b in booked(city, day) if b.debit.endswith(end) or b.credit.endswith(end)]


def settlement_movements(city: City, day: date) -> dict[str, int]:
    """What a day moved on each settlement account, by organisation's code; credits above zero."""
    moved: Counter[str] = Counter()
    prefix = f"settlement:{city.code}:"
    for posting in booked(city, day, ("settlement", "obligation")):
        for name, minor in (
            (posting.credit, posting.amount_minor),
            (posting.debit, -posting.amount_minor),
        ):
            if name.startswith(prefix):
                moved[name.removeprefix(prefix)] += minor
    return dict(moved)


def settlement_balances(city: City) -> dict[str, int]:
    """What the ledger says of every settlement account of a city now; credits above zero."""
    prefix = f"settlement:{city.code}:"
    return {
        account.name.removeprefix(prefix): account.balance.credits_posted_minor
        - account.balance.debits_posted_minor
        for account in accounts(prefix=prefix)
    }


def find_payments(city: City, day: date) -> list[tuple[str, str, int]] | None:
    """Who pays whom how much so that the day is settled: (from, to, minor units), by code.

    None when the nets are not zero together: then nothing may be paid until it is known why.
    """
    rows = settlement_totals(city, day)
    nets = {str(row["organisation__code"]): int(str(row["net"])) for row in rows}
    return None if sum(nets.values()) else payments(nets)


def find_position(organisation: Organisation, day: date) -> dict[str, int] | None:
    """Gross, fee, collected and net of an organisation's day; None when it had no part in it."""
    for row in settlement_totals(organisation.city, day):
        if row["organisation__code"] == organisation.code:
            return {name: int(str(row[name])) for name in ("gross", "fee", "collected", "net")}
    return None


def by_route(table: pa.Table, operator: str) -> list[dict[str, Any]]:
    """The totals of an operator's routes, all media together, the most boarded first."""
    sums: dict[str | None, Counter[str]] = defaultdict(Counter)
    for row in table.filter(pc.equal(table["operator"], operator)).to_pylist():
        sums[row["route"]].update({n: row[n] for n in ("taps", "boardings", *SUMMED)})
    rows = [{"route": route, **totals} for route, totals in sums.items()]
    return sorted(rows, key=lambda row: (-row["boardings"], row["route"] or ""))
