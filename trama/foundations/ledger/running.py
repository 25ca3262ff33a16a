"""Running balances of a batch of plain transfers, all at once. Pure.

A batch that only moves posted money between open accounts needs no state machine as long as every
transfer of it succeeds: then the balances after each are sums, and sums can be had for a whole
column. When any transfer would be refused, there is no answer here and the state machine decides.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trama.foundations.ledger.machine import AccountFlag

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standing:
    """Accounts before a batch, one row each: flags (closed included) and the four balances."""

    flags: Integers
    debits_pending: Integers
    debits_posted: Integers
    credits_pending: Integers
    credits_posted: Integers


@dataclass(frozen=True, slots=True)
class Running:
    """The balances of the two accounts of each transfer right after it, one row each."""

    debit_debits_posted: Integers
    debit_credits_posted: Integers
    credit_debits_posted: Integers
    credit_credits_posted: Integers


def run(
    accounts: Standing,
    debit: npt.NDArray[Any],
    credit: npt.NDArray[Any],
    amount: Integers,
    limit: int,
) -> Running | None:
    """Balances after each transfer, or `None` when one of them would be refused.

    `debit` and `credit` are rows of `accounts`, at least one; amounts are >= 0; no balance may
    pass `limit`.
    """
    if (debit == credit).any() or not _surely_fits(accounts, amount, limit):
        return None
    touched = np.concatenate([debit, credit])
    if (accounts.flags[touched] & AccountFlag.CLOSED).any():
        return None
    count = len(amount)
    debited, credited = _running(accounts, debit, credit, amount)
    running = Running(debited[:count], credited[:count], debited[count:], credited[count:])
    return None if _exceeds(accounts, running, debit, credit) else running


def _surely_fits(accounts: Standing, amount: Integers, limit: int) -> bool:
    most = max(
        int((accounts.debits_pending.astype(object) + accounts.debits_posted).max()),
        int((accounts.credits_pending.astype(object) + accounts.credits_posted).max()),
    )
    return most + int(amount.max()) * len(amount) <= limit


def _running(
    accounts: Standing, debit: npt.NDArray[Any], credit: npt.NDArray[Any], amount: Integers
) -> tuple[Integers, Integers]:
    """Debits and credits posted after each leg: first all debit legs, then all credit legs."""
    count = len(amount)
    legs = np.empty(2 * count, np.int64)
    legs[0::2], legs[1::2] = debit, credit
    debited, credited = np.zeros(2 * count, np.int64), np.zeros(2 * count, np.int64)
    debited[0::2], credited[1::2] = amount, amount
    order = np.argsort(legs, kind="stable")
    ordered = legs[order]
    firsts = np.flatnonzero(np.diff(ordered, prepend=-1))
    lengths = np.diff(firsts, append=2 * count)
    after = []
    for start, change in ((accounts.debits_posted, debited), (accounts.credits_posted, credited)):
        total = np.cumsum(change[order])
        before = total[firsts] - change[order][firsts]
        total += np.repeat(start[ordered[firsts]] - before, lengths)
        out = np.empty_like(total)
        out[order] = total
        after.append(np.concatenate([out[0::2], out[1::2]]))
    return after[0], after[1]


def _exceeds(
    accounts: Standing, running: Running, debit: npt.NDArray[Any], credit: npt.NDArray[Any]
) -> bool:
    limited = accounts.flags[debit] & AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS != 0
    over = (
        running.debit_debits_posted > running.debit_credits_posted - accounts.debits_pending[debit]
    )
    if (limited & over).any():
        return True
    limited = accounts.flags[credit] & AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS != 0
    held = accounts.credits_pending[credit]
    return bool(
        (limited & (running.credit_credits_posted > running.credit_debits_posted - held)).any()
    )
