"""Filters over accounts, transfers and events. An invalid filter finds nothing."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from trama.foundations.ledger.machine.records import (
    INT_MAX,
    TIMESTAMP_MAX,
    Account,
    AccountFilter,
    Balances,
    ChangeEventsFilter,
    Event,
    QueryFilter,
    Transfer,
)

Record = TypeVar("Record", Account, Transfer, Event)
AnyFilter = AccountFilter | QueryFilter | ChangeEventsFilter


def account_transfers(transfers: Iterable[Transfer], wanted: AccountFilter) -> list[Transfer]:
    """Transfers that debit or credit one account."""
    if wanted.account_id in (0, INT_MAX) or not (wanted.debits or wanted.credits):
        return []

    def is_wanted(t: Transfer) -> bool:
        on_debit = wanted.debits and t.debit_account_id == wanted.account_id
        on_credit = wanted.credits and t.credit_account_id == wanted.account_id
        return bool(on_debit or on_credit) and _has_fields(t, wanted, _FIELDS)

    return _within(transfers, wanted, is_wanted, wanted.reversed)


def matching(records: Iterable[Record], wanted: QueryFilter) -> list[Record]:
    """Accounts or transfers whose fields are those of the filter."""
    fields = (*_FIELDS, "ledger")
    return _within(records, wanted, lambda r: _has_fields(r, wanted, fields), wanted.reversed)


def changes(events: Iterable[Event], wanted: ChangeEventsFilter) -> list[Event]:
    """Events between two timestamps."""
    return _within(events, wanted, lambda _: True, False)


def balances_of(event: Event, account_id: int) -> Balances:
    """The side of the event on which the account is."""
    return event.debit_after if event.debit.id == account_id else event.credit_after


_FIELDS = ("user_data_128", "user_data_64", "user_data_32", "code")


def _has_fields(
    record: Account | Transfer | Event, wanted: AnyFilter, fields: Sequence[str]
) -> bool:
    return all(getattr(wanted, f) in (0, getattr(record, f)) for f in fields)


def _within(
    records: Iterable[Record], wanted: AnyFilter, test: Callable[[Record], bool], backwards: bool
) -> list[Record]:
    first, last = wanted.timestamp_min, wanted.timestamp_max or TIMESTAMP_MAX
    if wanted.reserved or first > last or max(first, last) > TIMESTAMP_MAX:
        return []
    found = [r for r in records if first <= r.timestamp <= last and test(r)]
    return sorted(found, key=_timestamp, reverse=backwards)[: wanted.limit]


def _timestamp(record: Account | Transfer | Event) -> int:
    return record.timestamp
