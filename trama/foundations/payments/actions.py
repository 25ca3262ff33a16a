"""Verbs of payments: charge riders, book takings, clear a day and settle it.

Every verb derives the keys of its postings from the key it is given, so sending it again posts
nothing. Amounts are differences where a day is re-rated; one below zero posts the other way round.
The accounts are those of decision 1.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from trama.foundations.ledger.actions import open_accounts_columns, post_columns
from trama.foundations.payments.models import ClearingEntry, Settlement
from trama.foundations.payments.netting import Cell, Position, positions
from trama.foundations.registry.models import City, Organisation

CHARGE, CASH, EXCESS, PROGRAMME, CLEARING, FEE, SETTLEMENT, OBLIGATION = range(1, 9)
MOMENTS = {
    CHARGE: "charge",
    CASH: "cash",
    EXCESS: "excess",
    PROGRAMME: "programme",
    CLEARING: "clearing",
    FEE: "fee",
    SETTLEMENT: "settlement",
    OBLIGATION: "obligation",
}
KINDS = {
    "cash": 1000,
    "rider": 1100,
    "programme": 1200,
    "collected": 2100,
    "earned": 2200,
    "settlement": 2300,
    "held": 2400,
    "excess": 2900,
}
"""Account codes by the first word of the name: 1xxx assets, 2xxx liabilities."""
Posting = tuple[int, str, str, str, int]


def charge_riders(*, city: City, key: str, charges: pa.Table, at_s: int) -> int:
    """Charge each rider once: one posting per row of `charges` (token, collector, fare_minor).

    Debits `rider:<city>:<token>`, credits `collected:<city>:<collector>`. Returns the number of
    postings that exist afterwards. Tokens and collectors are strings, amounts minor units.
    """
    if charges.num_rows == 0:
        return 0
    token, collector = (pc.cast(charges[name], pa.string()) for name in ("token", "collector"))
    amount = pc.cast(charges["fare_minor"], pa.int64())
    rider = _joined(f"rider:{city.code}", token, ":")
    collected = _joined(f"collected:{city.code}", collector, ":")
    back = pc.less(amount, 0)
    charge = _joined(f"{key}/charge", token, "/")
    table = pa.table(
        {
            "source": pc.binary_join_element_wise(charge, collector, "/"),
            "debit": pc.if_else(back, collected, rider),
            "credit": pc.if_else(back, rider, collected),
            "amount_minor": pc.abs(amount),
            "code": pa.repeat(pa.scalar(CHARGE, pa.int32()), charges.num_rows),
        }
    )
    return _post(city, table, at_s)


def book_takings(
    *,
    city: City,
    key: str,
    cash: Mapping[str, int],
    excess: Mapping[str, int],
    programmes: Mapping[str, tuple[str, int]],
    at_s: int,
) -> int:
    """Book what did not come from a rider's account.

    `cash` and `excess` are minor units by organisation: fares in coins, and coins above the fare.
    `programmes` maps a programme to (payer, minor units).
    """
    rows: list[Posting] = []
    for org, minor in sorted(cash.items()):
        rows.append((CASH, org, f"cash:{city.code}:{org}", f"collected:{city.code}:{org}", minor))
    for org, minor in sorted(excess.items()):
        rows.append((EXCESS, org, f"cash:{city.code}:{org}", f"excess:{city.code}:{org}", minor))
    for code, (payer, minor) in sorted(programmes.items()):
        debit, credit = f"programme:{city.code}:{code}", f"collected:{city.code}:{payer}"
        rows.append((PROGRAMME, code, debit, credit, minor))
    return _post(city, _table(key, rows), at_s)


@transaction.atomic
def settle(
    *,
    city: City,
    service_date: date,
    revision: int,
    key: str,
    cells: Mapping[Cell, int],
    fees: Mapping[Cell, int],
    at_s: int,
) -> list[Position]:
    """Clear and settle one day: post the matrix, the fees and the nets, and write their rows.

    `cells[(collector, earner)]` and `fees[(payer, receiver)]` are minor units by organisation code.
    """
    nets = positions(cells, fees)
    rows = [*_clearing_rows(city, cells, fees), *_settlement_rows(city, nets)]
    _post(city, _table(key, rows), at_s)
    organisations = {o.code: o for o in Organisation.objects.filter(city=city)}
    day = {"city": city, "service_date": service_date, "revision": revision}
    ClearingEntry.objects.bulk_create(
        [
            ClearingEntry(
                **day,
                collector=organisations[collector],
                earner=organisations[earner],
                amount_minor=minor,
                source=f"{key}/clearing/{collector}/{earner}",
            )
            for (collector, earner), minor in sorted(cells.items())
        ],
        ignore_conflicts=True,
    )
    Settlement.objects.bulk_create(
        [_settlement(day, key, organisations[net.organisation], net) for net in nets],
        ignore_conflicts=True,
    )
    return nets


def _settlement(
    day: Mapping[str, object], key: str, organisation: Organisation, net: Position
) -> Settlement:
    return Settlement(
        **day,
        organisation=organisation,
        gross_minor=net.gross_minor,
        fee_minor=net.fee_minor,
        collected_minor=net.collected_minor,
        net_minor=net.net_minor,
        source=f"{key}/settlement/{organisation.code}",
    )


def _clearing_rows(
    city: City, cells: Mapping[Cell, int], fees: Mapping[Cell, int]
) -> Iterable[Posting]:
    for (collector, earner), minor in sorted(cells.items()):
        debit, credit = f"collected:{city.code}:{collector}", f"earned:{city.code}:{earner}"
        yield CLEARING, f"{collector}/{earner}", debit, credit, minor
    for (payer, receiver), minor in sorted(fees.items()):
        debit, credit = f"earned:{city.code}:{payer}", f"earned:{city.code}:{receiver}"
        yield FEE, f"{payer}/{receiver}", debit, credit, minor


def _settlement_rows(city: City, nets: Iterable[Position]) -> Iterable[Posting]:
    for net in nets:
        org, place = net.organisation, f"{city.code}:{net.organisation}"
        earned = net.gross_minor - net.fee_minor
        yield SETTLEMENT, org, f"earned:{place}", f"settlement:{place}", earned
        yield OBLIGATION, org, f"settlement:{place}", f"held:{place}", net.collected_minor


def _table(key: str, rows: Iterable[Posting]) -> pa.Table:
    """Postings with their keys; those of zero are left out, those below zero turned round."""
    kept = [
        (f"{key}/{MOMENTS[code]}/{parties}", *((a, b) if minor > 0 else (b, a)), abs(minor), code)
        for code, parties, a, b, minor in rows
        if minor and a != b
    ]
    names = ["source", "debit", "credit", "amount_minor", "code"]
    types = [pa.string(), pa.string(), pa.string(), pa.int64(), pa.int32()]
    columns = list(zip(*kept, strict=True)) or [()] * len(names)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=names
    )


def _post(city: City, table: pa.Table, at_s: int) -> int:
    if table.num_rows == 0:
        return 0
    names = pc.unique(pa.chunked_array([*table["debit"].chunks, *table["credit"].chunks]))
    kinds = pc.list_element(pc.split_pattern(names, ":", max_splits=1), 0)
    codes = pa.array(KINDS.values(), pa.int32()).take(
        pc.index_in(kinds, value_set=pa.array(KINDS, pa.string()))
    )
    accounts = pa.table({"name": names, "code": codes})
    open_accounts_columns(table=accounts, currency=city.currency, at_s=at_s)
    post_columns(table=table, currency=city.currency, at_s=at_s)
    return int(table.num_rows)


def _joined(prefix: str, values: pa.ChunkedArray, separator: str) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(pa.scalar(prefix), values, separator)
