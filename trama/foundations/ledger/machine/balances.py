"""What an event does to its two accounts."""

from trama.foundations.ledger.machine.records import (
    Account,
    AccountFlag,
    Balances,
    Event,
    Pending,
    Transfer,
    TransferFlag,
)


def close(t: Transfer, debit: Account, credit: Account) -> None:
    """Close the accounts that the transfer says it closes."""
    if t.flags & TransferFlag.CLOSING_DEBIT:
        debit.flags |= AccountFlag.CLOSED
    if t.flags & TransferFlag.CLOSING_CREDIT:
        credit.flags |= AccountFlag.CLOSED


def reopen(p: Transfer, debit: Account, credit: Account) -> None:
    """Open again what the pending transfer closed, because it was voided or expired."""
    if p.flags & TransferFlag.CLOSING_DEBIT:
        debit.flags &= ~AccountFlag.CLOSED
    if p.flags & TransferFlag.CLOSING_CREDIT:
        credit.flags &= ~AccountFlag.CLOSED


def after(a: Account) -> Balances:
    """The account's balances as they are now."""
    return Balances(a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted, a.flags)


def restore(a: Account, before: Balances) -> None:
    """Put an account's balances back."""
    a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted, a.flags = before


def event_of(
    at: int,
    phase: Pending,
    *,
    transfer: Transfer,
    pending: Transfer | None,
    moved: tuple[int, int],
    debit: Account,
    credit: Account,
) -> Event:
    """The record of a change that has just been made to `debit` and `credit`."""
    return Event(at, phase, transfer, pending, *moved, debit, after(debit), credit, after(credit))
