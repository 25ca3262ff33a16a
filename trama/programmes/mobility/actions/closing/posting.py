"""From priced rows to the ledger: charges as they stream by, then takings, matrix and nets."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trama.foundations.payments.actions import book_takings, charge_riders, settle
from trama.foundations.payments.netting import Cell, fee_of
from trama.programmes.mobility.clearing import (
    DayTotals,
    charges_of,
    posting_key,
    totals_of,
    with_collectors,
)
from trama.programmes.mobility.fares.vocabulary import Agreement, Fee, Tariff
from trama.programmes.mobility.models import Closing

CHARGES_AT_ONCE = 60_000


@dataclass(frozen=True, slots=True)
class Terms:
    """The documents a closing is priced and cleared with."""

    tariff: Tariff
    agreement: Agreement

    @property
    def collectors(self) -> dict[str, str]:
        """Who holds the money, by medium."""
        return {collector.medium: collector.by for collector in self.agreement.collectors}

    @property
    def programmes(self) -> tuple[str, ...]:
        """Programme codes in the order that a row's 1-based number means."""
        return tuple(programme.code for programme in self.tariff.programmes)

    @property
    def payers(self) -> dict[str, str]:
        """Who pays for each programme."""
        return {programme.code: programme.payer for programme in self.tariff.programmes}


def key_of(closing: Closing) -> str:
    """What every posting of a closing begins with."""
    return posting_key(closing.city.code, closing.service_date, closing.revision)


def totals_and_charges(rows: pa.Table, terms: Terms) -> tuple[DayTotals, pa.Table]:
    """Totals and charges of priced rows, legs of a journey in order and contiguous."""
    collected = with_collectors(rows, terms.collectors)
    return totals_of(collected, terms.programmes, terms.payers), charges_of(collected)


def charge_all(
    closing: Closing,
    parts: Iterable[pa.Table],
    terms: Terms,
    seen: Callable[[int], None],
) -> DayTotals:
    """Charge every account of priced `parts` (whole accounts each) and add the day up.

    `seen` is told after each write how many rows have gone by.
    """
    total, waiting, rows = DayTotals(), [], 0
    for part in parts:
        added, charges = totals_and_charges(part, terms)
        total += added
        rows += part.num_rows
        waiting.append(charges)
        if sum(table.num_rows for table in waiting) >= CHARGES_AT_ONCE:
            _charge(closing, waiting)
            waiting = []
            seen(rows)
    _charge(closing, waiting)
    seen(rows)
    return total


def charge_difference(closing: Closing, charged: pa.Table, charges: pa.Table) -> None:
    """Charge each account what `charges` say more (or less) than it was `charged` before."""
    old = charged.set_column(3, "fare_minor", pc.negate(charged["fare_minor"]))
    both = pa.concat_tables([old, charges]).group_by(
        ["account", "token", "collector"], use_threads=False
    )
    summed = both.aggregate([("fare_minor", "sum")]).rename_columns(charges.column_names)
    _charge(closing, [summed.filter(pc.not_equal(summed["fare_minor"], 0))])


def _charge(closing: Closing, tables: list[pa.Table]) -> None:
    if tables:
        charge_riders(
            city=closing.city,
            key=key_of(closing),
            charges=pa.concat_tables(tables),
            at_s=closing.started_at_s,
        )


def settle_closing(closing: Closing, before: DayTotals, added: DayTotals, terms: Terms) -> None:
    """Book takings, clear and settle what a closing adds to what the day's earlier ones made.

    Fees are a share of the day's whole: a revision posts the fee of the new whole less the old's.
    """
    book_takings(
        city=closing.city,
        key=key_of(closing),
        cash=added.cash,
        excess=added.excess,
        programmes={code: (terms.payers[code], minor) for code, minor in added.programmes.items()},
        at_s=closing.started_at_s,
    )
    settle(
        city=closing.city,
        service_date=closing.service_date,
        revision=closing.revision,
        key=key_of(closing),
        cells=added.cells,
        fees=_fee_difference(before, before + added, terms.agreement),
        at_s=closing.started_at_s,
    )


def _fee_difference(before: DayTotals, after: DayTotals, agreement: Agreement) -> dict[Cell, int]:
    old, new = _fees(before, agreement), _fees(after, agreement)
    return {cell: new[cell] - old[cell] for cell in sorted({*old, *new})}


def _fees(totals: DayTotals, agreement: Agreement) -> Counter[Cell]:
    fees: Counter[Cell] = Counter()
    for (operator, medium), earned in totals.earned.items():
        rule = _fee_for(medium, agreement)
        if rule is not None:
            fees[(operator, rule.to)] += fee_of(earned, rule.fee_bps)
    return fees


def _fee_for(medium: str, agreement: Agreement) -> Fee | None:
    matching = [fee for fee in agreement.fees if not fee.media or medium in fee.media]
    return max(matching, key=lambda fee: fee.priority, default=None)
