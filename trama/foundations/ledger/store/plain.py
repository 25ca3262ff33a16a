"""Posting batches that only move money between open accounts: whole columns at a time.

Rows that were posted before, just like that, are left out. What is not plain is not decided here:
the answer is then `None` and the state machine does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trama.foundations.ledger.orders import NewTransfer
from trama.foundations.ledger.running import Integers, Running, Standing, run
from trama.foundations.ledger.store import database
from trama.foundations.ledger.store.batches import RUNNING_COLUMNS, Head, add_postings

AMOUNT_LIMIT = 2**63 - 1
"""The largest balance that the tables hold."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Transfers as columns. `debit` and `credit` are rows of `names`, the accounts they use."""

    source: Sequence[str]
    names: Sequence[str]
    debit: npt.NDArray[Any]
    credit: npt.NDArray[Any]
    amount: Integers
    code: Integers

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Plain":
        """The wanted rows."""
        return Plain(
            [s for s, w in zip(self.source, wanted.tolist(), strict=True) if w],
            self.names,
            self.debit[wanted],
            self.credit[wanted],
            self.amount[wanted],
            self.code[wanted],
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of each row: whether it existed already, and when it was posted."""

    existed: npt.NDArray[np.bool_]
    timestamp_ns: Integers


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a batch: their numbers, ledgers and standing."""

    number: Integers
    ledger: Integers
    standing: Standing


def plain_of(transfers: Sequence[NewTransfer]) -> Plain | None:
    """The transfers as columns, when they are of one currency and none needs the machine."""
    if not all(_is_plain(t, transfers[0].currency) for t in transfers):
        return None
    rows: dict[str, int] = {}
    debit = [rows.setdefault(t.debit, len(rows)) for t in transfers]
    credit = [rows.setdefault(t.credit, len(rows)) for t in transfers]
    return Plain(
        [t.source for t in transfers],
        list(rows),
        np.array(debit, np.int64),
        np.array(credit, np.int64),
        np.array([t.amount_minor for t in transfers], np.int64),
        np.array([t.code for t in transfers], np.int64),
    )


def _is_plain(t: NewTransfer, currency: str) -> bool:
    special = t.flags or t.pending_source or t.timeout_s
    annotated = t.user_data_128 or t.user_data_64 or t.user_data_32
    keepable = t.source and t.currency == currency and t.code and t.amount_minor <= AMOUNT_LIMIT
    return bool(keepable and not special and not annotated)


def post_plain(head: Head, plain: Plain, ledger: int, at_s: int) -> Outcome | None:
    """Write the batch, or `None` when the state machine has to decide it."""
    if len(set(plain.source)) != len(plain.source) or _has_failed(plain.source):
        return None
    accounts = _accounts(plain.names)
    if accounts is None or (accounts.ledger != ledger).any():
        return None
    timestamp_ns = head.time_of(at_s, len(plain.source))
    timestamps = np.arange(timestamp_ns - len(plain.source) + 1, timestamp_ns + 1)
    existed = _existing(plain, accounts, ledger, timestamps)
    if existed is None:
        return None
    if existed.any():
        plain, new = plain.only(~existed), timestamps[~existed]
    else:
        new = timestamps
    if len(new):
        running = run(accounts.standing, plain.debit, plain.credit, plain.amount, AMOUNT_LIMIT)
        if running is None:
            return None
        columns = _columns(head, plain, accounts, running, new)
        add_postings(head, columns, at_s, int(new[-1]))
    return Outcome(existed, timestamps)


def _has_failed(sources: Sequence[str]) -> bool:
    if not database.fetch("SELECT 1 FROM ledger_failedsource LIMIT 1"):
        return False
    return bool(
        database.fetch_keyed(
            "SELECT 1 FROM {keys} k JOIN ledger_failedsource f ON f.source = k.key LIMIT 1", sources
        )
    )


def _accounts(names: Sequence[str]) -> Accounts | None:
    rows = database.fetch_keyed(
        "SELECT position, number, ledger, CASE WHEN closed THEN flags | 32 ELSE flags & ~32 END, "
        "debits_pending_minor, debits_posted_minor, credits_pending_minor, credits_posted_minor "
        "FROM {keys} k JOIN ledger_account a ON a.name = k.key "
        "JOIN ledger_balance b ON b.account_id = a.number",
        names,
    )
    if len(rows) != len(names):
        return None
    found = np.array(rows, np.int64)
    found = found[np.argsort(found[:, 0])]
    return Accounts(found[:, 1], found[:, 2], Standing(*found[:, 3:].T))


def _existing(
    plain: Plain, accounts: Accounts, ledger: int, timestamps: Integers
) -> npt.NDArray[np.bool_] | None:
    """Which rows were posted before just like that; `None` when one was posted otherwise.

    Their times are written into `timestamps`.
    """
    rows = database.fetch_keyed(
        "SELECT position, debit_id, credit_id, posted_minor, code, ledger, flags, timestamp_ns, "
        "coalesce(user_data_64, 0) + coalesce(user_data_32, 0), resolves IS NULL "
        "AND user_data_128 IS NULL "
        "FROM {keys} k JOIN ledger_posting p ON p.source = k.key",
        plain.source,
    )
    existed = np.zeros(len(plain.source), np.bool_)
    if not rows:
        return existed
    found = np.array(rows, np.int64)
    at = found[:, 0]
    same = (
        (found[:, 1] == accounts.number[plain.debit[at]])
        & (found[:, 2] == accounts.number[plain.credit[at]])
        & (found[:, 3] == plain.amount[at])
        & (found[:, 4] == plain.code[at])
        & (found[:, 5] == ledger)
        & (found[:, 6] == 0)
        & (found[:, 8] == 0)
        & (found[:, 9] == 1)
    )
    if not same.all():
        return None
    existed[at] = True
    timestamps[at] = found[:, 7]
    return existed


def _columns(
    head: Head,
    plain: Plain,
    accounts: Accounts,
    running: Running,
    timestamps: Integers,
) -> dict[str, Any]:
    count, before = len(plain.source), accounts.standing
    balances = (
        before.debits_pending[plain.debit],
        running.debit_debits_posted,
        before.credits_pending[plain.debit],
        running.debit_credits_posted,
        before.debits_pending[plain.credit],
        running.credit_debits_posted,
        before.credits_pending[plain.credit],
        running.credit_credits_posted,
    )
    return {
        "number": np.arange(head.next_posting, head.next_posting + count),
        "source": plain.source,
        "debit_id": accounts.number[plain.debit],
        "credit_id": accounts.number[plain.credit],
        "held_minor": np.zeros(count, np.int64),
        "posted_minor": plain.amount,
        "ledger": accounts.ledger[plain.debit],
        "code": plain.code,
        "flags": np.zeros(count, np.int64),
        "timestamp_ns": timestamps,
        **{name: column for (name, _), column in zip(RUNNING_COLUMNS, balances, strict=True)},
        "debit_closed": np.zeros(count, bool),
        "credit_closed": np.zeros(count, bool),
        **dict.fromkeys(
            ("resolves", "timeout_s", "user_data_128", "user_data_64", "user_data_32"),
            [None] * count,
        ),
    }
