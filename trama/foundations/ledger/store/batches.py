"""Batches: the head of the chain, and adding one more."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from trama.foundations.ledger.sealing import BEGINNING, seal
from trama.foundations.ledger.store import database

NS_PER_S = 1_000_000_000

ACCOUNT_COLUMNS = (
    ("number", "int8"),
    ("name", "text"),
    ("ledger", "int4"),
    ("code", "int4"),
    ("flags", "int2"),
    ("user_data_128", "bytea"),
    ("user_data_64", "int8"),
    ("user_data_32", "int8"),
    ("timestamp_ns", "int8"),
)
RUNNING_COLUMNS = tuple(
    (f"{side}_{balance}_minor", "int8")
    for side in ("debit", "credit")
    for balance in ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
)
POSTING_COLUMNS = (
    ("number", "int8"),
    ("source", "text"),
    ("debit_id", "int8"),
    ("credit_id", "int8"),
    ("held_minor", "int8"),
    ("posted_minor", "int8"),
    ("ledger", "int4"),
    ("code", "int4"),
    ("flags", "int2"),
    ("timestamp_ns", "int8"),
    *RUNNING_COLUMNS,
    ("debit_closed", "bool"),
    ("credit_closed", "bool"),
    ("resolves", "int8"),
    ("timeout_s", "int8"),
    ("user_data_128", "bytea"),
    ("user_data_64", "int8"),
    ("user_data_32", "int8"),
)
BATCH_COLUMNS = (
    ("number", "int8"),
    ("at_s", "int8"),
    ("timestamp_ns", "int8"),
    ("first_account", "int8"),
    ("accounts", "int4"),
    ("first_posting", "int8"),
    ("postings", "int4"),
    ("hash", "bytea"),
)
Columns = Mapping[str, Sequence[Any]]


class Head(NamedTuple):
    """Where the ledger stands: the last batch's number, time and hash, and what comes next."""

    batch: int
    timestamp_ns: int
    next_account: int
    next_posting: int
    hash: bytes

    def time_of(self, at_s: int, events: int) -> int:
        """The timestamp of the last of `events`: the caller's instant, but never going back."""
        return max(at_s * NS_PER_S, self.timestamp_ns + events)


def locked_head() -> Head:
    """Take the turn to write and read where the ledger stands."""
    database.lock()
    rows = database.fetch(
        "SELECT number, timestamp_ns, first_account + accounts, first_posting + postings, hash "
        "FROM ledger_batch ORDER BY number DESC LIMIT 1"
    )
    if not rows:
        return Head(0, 0, 1, 1, BEGINNING)
    batch, timestamp_ns, account, posting, sealed = rows[0]
    return Head(batch, timestamp_ns, account, posting, bytes(sealed))


def add_accounts(head: Head, columns: Columns, at_s: int, timestamp_ns: int) -> None:
    """Write a batch of accounts; `columns` has every one of `ACCOUNT_COLUMNS`."""
    _add_batch(head, columns, at_s, timestamp_ns, accounts=len(columns["number"]))
    database.insert("ledger_account", ACCOUNT_COLUMNS, _rows(columns, ACCOUNT_COLUMNS))
    _seal(head)


def add_postings(head: Head, columns: Columns, at_s: int, timestamp_ns: int) -> None:
    """Write a batch of postings; `columns` has every one of `POSTING_COLUMNS`."""
    _add_batch(head, columns, at_s, timestamp_ns, postings=len(columns["number"]))
    rows = ((*row, head.batch + 1) for row in _rows(columns, POSTING_COLUMNS))
    database.insert("ledger_posting", (*POSTING_COLUMNS, ("batch_id", "int8")), rows)
    _seal(head)


def _rows(columns: Columns, order: Sequence[tuple[str, str]]) -> Any:
    values = (columns[name] for name, _ in order)
    return zip(*(v.tolist() if isinstance(v, np.ndarray) else v for v in values), strict=True)


def _add_batch(
    head: Head,
    columns: Columns,
    at_s: int,
    timestamp_ns: int,
    *,
    accounts: int = 0,
    postings: int = 0,
) -> None:
    number = head.batch + 1
    sealed = seal(head.hash, columns)
    first = (head.next_account, accounts, head.next_posting, postings)
    database.insert("ledger_batch", BATCH_COLUMNS, [(number, at_s, timestamp_ns, *first, sealed)])


def _seal(head: Head) -> None:
    """The outbox row comes last: with it the database takes the batch as whole."""
    columns = (("batch_id", "int8"), ("delivered_at_s", "int8"))
    database.insert("ledger_outbox", columns, [(head.batch + 1, None)])
