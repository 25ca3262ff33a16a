"""Opening accounts, one by one with a result each, or a whole column that must succeed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trama.core.identifiers import identifier_of
from trama.foundations.ledger.currencies import LEDGERS
from trama.foundations.ledger.machine import Account, Machine, Result, Status
from trama.foundations.ledger.machine.rules import account_difference
from trama.foundations.ledger.orders import NewAccount
from trama.foundations.ledger.store import database
from trama.foundations.ledger.store.batches import Head, add_accounts
from trama.foundations.ledger.store.sequential import CLOSED


@dataclass(frozen=True, slots=True)
class Difference:
    """An account that exists otherwise."""

    name: str
    status: Status


def open_sequentially(head: Head, accounts: Sequence[NewAccount], at_s: int) -> list[Result]:
    """Let the machine decide each account in order, and write those it created."""
    machine = Machine()
    names = {_id(a.name): a.name for a in accounts}
    machine.adopt([_kept(row) for row in _existing(sorted({a.name for a in accounts}))], [])
    before = set(machine.accounts)
    timestamp_ns = head.time_of(at_s, len(accounts))
    results = machine.create_accounts([_account(a) for a in accounts], timestamp_ns)
    created = [a for i, a in machine.accounts.items() if i not in before]
    if created:
        columns: dict[str, Sequence[Any]] = {
            "number": list(range(head.next_account, head.next_account + len(created))),
            "name": [names[a.id] for a in created],
            "ledger": [a.ledger for a in created],
            "code": [a.code for a in created],
            "flags": [a.flags for a in created],
            "user_data_128": [
                a.user_data_128.to_bytes(16, "big") if a.user_data_128 else None for a in created
            ],
            "user_data_64": [a.user_data_64 or None for a in created],
            "user_data_32": [a.user_data_32 or None for a in created],
            "timestamp_ns": [a.timestamp for a in created],
        }
        add_accounts(head, columns, at_s, timestamp_ns)
    return results


def open_columns(
    head: Head,
    names: Sequence[str],
    codes: Sequence[int],
    *,
    ledger: int,
    flags: int,
    at_s: int,
) -> int | Difference:
    """Open those of the accounts that are not open, all alike but for their code; how many.

    Names are unique. An account that exists otherwise is the answer, and nothing is written.
    """
    rows = _existing(names)
    code_of = dict(zip(names, codes, strict=True))
    for row in rows:
        existing = _kept(row)
        wanted = Account(existing.id, ledger, code_of[row[1]], flags)
        status = account_difference(wanted, existing)
        if status is not Status.EXISTS:
            return Difference(row[1], status)
    found = {row[1] for row in rows}
    new = [name for name in names if name not in found]
    count = len(new)
    if not count:
        return 0
    timestamp_ns = head.time_of(at_s, count)
    columns: dict[str, Any] = {
        "number": np.arange(head.next_account, head.next_account + count),
        "name": new,
        "ledger": np.full(count, ledger),
        "code": [code_of[name] for name in new],
        "flags": np.full(count, flags),
        **dict.fromkeys(("user_data_128", "user_data_64", "user_data_32"), [None] * count),
        "timestamp_ns": np.arange(timestamp_ns - count + 1, timestamp_ns + 1),
    }
    add_accounts(head, columns, at_s, timestamp_ns)
    return count


def _existing(names: Sequence[str]) -> list[database.Row]:
    return database.fetch_keyed(
        "SELECT a.number, a.name, a.ledger, a.code, a.flags, b.closed, a.timestamp_ns, "
        "a.user_data_128, a.user_data_64, a.user_data_32 "
        "FROM {keys} k JOIN ledger_account a ON a.name = k.key "
        "JOIN ledger_balance b ON b.account_id = a.number",
        names,
    )


def _kept(row: database.Row) -> Account:
    _, name, ledger, code, flags, closed, timestamp, data_128, data_64, data_32 = row
    return Account(
        id=_id(name),
        ledger=ledger,
        code=code,
        flags=flags & ~CLOSED | (CLOSED if closed else 0),
        user_data_128=int.from_bytes(bytes(data_128 or b""), "big"),
        user_data_64=data_64 or 0,
        user_data_32=data_32 or 0,
        timestamp=timestamp,
    )


def _account(a: NewAccount) -> Account:
    return Account(
        id=_id(a.name),
        ledger=LEDGERS.get(a.currency, 0),
        code=a.code,
        flags=a.flags,
        user_data_128=a.user_data_128,
        user_data_64=a.user_data_64,
        user_data_32=a.user_data_32,
    )


def _id(key: str) -> int:
    return identifier_of(key) if key else 0
