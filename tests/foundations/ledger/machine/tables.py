"""Plays the tables of TigerBeetle's own tests on the machine.

The notation is theirs: `A1`, `T5`, `U9`, `L1` are numbers with a letter, `_` is nothing, `-N` is
the largest unsigned number less N. Time is simulated as their test context does it: every request
moves it by one nanosecond and by one more for each event.
"""

import json
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trama.foundations.ledger.machine import (
    Account,
    AccountFilter,
    ChangeEventsFilter,
    Event,
    Machine,
    Pending,
    QueryFilter,
    Result,
    Status,
    Transfer,
    TransferFlag,
)

ROOT = Path(__file__).resolve().parents[4]
DATA = ROOT.parent / "shared" / "data" / "ledger" / "tigerbeetle_state_machine_tables.json"
PULSE_NS = 30
"""How far a pulse moves time; any number of nanoseconds above the transfers that expire will do."""
TIMESTAMP_MAX = 2**63 - 1
PHASES = {
    "PEN": Pending.PENDING,
    "POS": Pending.POSTED,
    "VOI": Pending.VOIDED,
    "EXP": Pending.EXPIRED,
}


def tables() -> list[Any]:
    """Every table as a pytest parameter; one that skips, with its reason, without the data."""
    if not DATA.exists():
        reason = pytest.mark.skip(reason=f"{DATA.name} is not beside the project")
        return [pytest.param([], marks=reason)]
    tests = json.loads(DATA.read_text())["tests"]
    return [
        pytest.param(table, id=f"{test['name']} {n}" if n else test["name"])
        for test in tests
        for n, table in enumerate(test["tables"])
    ]


def number(text: str, bits: int = 128) -> int:
    """The number a cell stands for."""
    if text == "_":
        return 0
    if text[0].isalpha():
        text = text[1:]
    return 2**bits - 1 - int(text[1:]) if text.startswith("-") else int(text)


def flags(cells: list[str]) -> int:
    """Flags in the order of their bits; the last cell is the padding above them."""
    bits = sum(1 << i for i, cell in enumerate(cells[:-1]) if cell != "_")
    return bits | number(cells[-1]) << (len(cells) - 1)


def account_of(cells: list[str]) -> Account:
    n = [number(c) for c in cells[:11]]
    return Account(
        id=n[0],
        debits_pending=n[1],
        debits_posted=n[2],
        credits_pending=n[3],
        credits_posted=n[4],
        user_data_128=n[5],
        user_data_64=n[6],
        user_data_32=n[7],
        reserved=n[8],
        ledger=n[9],
        code=n[10],
        flags=flags(cells[11:18]),
        timestamp=number(cells[18], 64),
    )


def transfer_of(cells: list[str]) -> Transfer:
    n = [number(c) for c in cells[:11]]
    # The table names `imported` before the closing flags; the bits go the other way round.
    linked_to_balancing, imported, closing = cells[11:17], cells[17], cells[18:20]
    return Transfer(
        *n[:4],
        *n[4:8],
        timeout=n[8],
        ledger=n[9],
        code=n[10],
        flags=flags([*linked_to_balancing, *closing, imported, cells[20]]),
        timestamp=number(cells[21], 64),
    )


class Play:
    """One table on one machine."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.now = 0
        self.asked: list[list[str]] = []
        self.accounts: dict[int, Account] = {}
        self.transfers: dict[int, Transfer] = {}

    def run(self, table: list[list[str]]) -> None:
        for action, *cells in table:
            if action == "setup":
                self.set_up(cells)
            elif action == "tick":
                self.tick(*cells)
            elif action == "commit":
                getattr(self, cells[0])([row[1:] for row in self.asked])
                self.asked = []
            else:
                self.asked.append([action, *cells])

    def set_up(self, cells: list[str]) -> None:
        account = self.machine.accounts[number(cells[0])]
        account.debits_pending, account.debits_posted = number(cells[1]), number(cells[2])
        account.credits_pending, account.credits_posted = number(cells[3]), number(cells[4])

    def tick(self, value: str, unit: str) -> None:
        step = int(value.lstrip("-")) * (1_000_000_000 if unit == "seconds" else 1)
        self.now += TIMESTAMP_MAX - step if value.startswith("-") else step
        self.pulse()

    def pulse(self) -> None:
        due = self.machine.next_expiry()
        if due is not None and due <= self.now:
            self.now += 1 + PULSE_NS
            self.machine.expire(self.now, limit=PULSE_NS)

    def advance(self, events: int) -> int:
        self.now += 1 + events
        return self.now

    # The requests.

    def create_accounts(self, rows: list[list[str]]) -> None:
        events = [account_of(row) for row in rows]
        at = self.advance(len(events))
        self.compare(self.machine.create_accounts(events, at), events, rows, self.accounts)
        self.pulse()

    def create_transfers(self, rows: list[list[str]]) -> None:
        events = [transfer_of(row) for row in rows]
        at = self.advance(len(events))
        results = self.machine.create_transfers(events, at)
        self.compare(results, events, rows, self.transfers)
        self.pulse()

    def compare(
        self,
        results: list[Result],
        events: list[Any],
        rows: list[list[str]],
        model: dict[int, Any],
    ) -> None:
        """Statuses and timestamps, as the tables' own model computes them."""
        failed: dict[int, int] = {}
        expected = []
        for i, (event, row) in enumerate(zip(events, rows, strict=True)):
            commit = self.now - len(events) + i + 1
            status = Status(row[-1])
            own = event.timestamp or commit
            at = own if status in (Status.CREATED, Status.LINKED_EVENT_FAILED) else commit
            if status is Status.CREATED:
                model[event.id] = self.filled(replace(event, timestamp=own))
            if status is Status.EXISTS:
                at = model[event.id].timestamp if event.id in model else failed[event.id]
            if status is Status.LINKED_EVENT_FAILED and event.flags & 1:
                failed[event.id] = own
            if not event.flags & 1:
                failed = {}
            expected.append(Result(at, status))
        assert results == expected

    def filled(self, event: Any) -> Any:
        """A transfer as it is kept: a resolving one takes what it leaves out from the pending."""
        if not isinstance(event, Transfer) or not event.pending_id:
            return event
        p = self.transfers[event.pending_id]
        for name in (
            "debit_account_id",
            "credit_account_id",
            "ledger",
            "code",
            "user_data_128",
            "user_data_64",
            "user_data_32",
        ):
            setattr(event, name, getattr(event, name) or getattr(p, name))
        if event.flags & TransferFlag.VOID_PENDING:
            event.amount = event.amount or p.amount
        return event

    def lookup_accounts(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.lookup_accounts([number(row[0]) for row in rows])
        assert found == [self.with_balances(row) for row in rows if len(row) > 2]
        self.pulse()

    def with_balances(self, row: list[str]) -> Account:
        expected = copy(self.accounts[number(row[0])])
        expected.debits_pending, expected.debits_posted = number(row[1]), number(row[2])
        expected.credits_pending, expected.credits_posted = number(row[3]), number(row[4])
        expected.flags = expected.flags & ~32 | (32 if row[5] == "CLSD" else 0)
        return expected

    def lookup_transfers(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.lookup_transfers([number(row[0]) for row in rows])
        expected = []
        for identifier, field, value in rows:
            if value == "false":
                continue
            transfer = copy(self.transfers[number(identifier)])
            if field != "exists":
                setattr(transfer, field, number(value))
            expected.append(transfer)
        assert found == expected
        self.pulse()

    def get_account_transfers(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.get_account_transfers(self.account_filter(rows[0]))
        assert [t.id for t in found] == [number(row[0]) for row in rows[1:]]

    def get_account_balances(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.get_account_balances(self.account_filter(rows[0]))
        assert [(at, *balances[:4]) for at, balances in found] == [
            (self.transfers[number(row[0])].timestamp, *map(number, row[1:])) for row in rows[1:]
        ]

    def account_filter(self, row: list[str]) -> AccountFilter:
        return AccountFilter(
            account_id=number(row[0]),
            user_data_128=number(row[1]),
            user_data_64=number(row[2]),
            user_data_32=number(row[3]),
            code=number(row[4]),
            timestamp_min=self.time_of(row[5], self.transfers),
            timestamp_max=self.time_of(row[6], self.transfers),
            limit=number(row[7], 32),
            debits=row[8] == "DR",
            credits=row[9] == "CR",
            reversed=row[10] == "REV",
        )

    def time_of(self, cell: str, model: dict[int, Any]) -> int:
        return 0 if cell == "_" else model[number(cell)].timestamp

    def query_accounts(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.query_accounts(self.query_filter(rows[0], self.accounts))
        assert found == [self.accounts[number(row[0])] for row in rows[1:]]

    def query_transfers(self, rows: list[list[str]]) -> None:
        self.advance(0)
        found = self.machine.query_transfers(self.query_filter(rows[0], self.transfers))
        assert found == [self.transfers[number(row[0])] for row in rows[1:]]

    def query_filter(self, row: list[str], model: dict[int, Any]) -> QueryFilter:
        return QueryFilter(
            *(number(cell) for cell in row[:5]),
            timestamp_min=self.time_of(row[5], model),
            timestamp_max=self.time_of(row[6], model),
            limit=number(row[7], 32),
            reversed=row[8] == "REV",
        )

    def get_change_events(self, rows: list[list[str]]) -> None:
        self.advance(0)
        first, last, limit = rows[0]
        found = self.machine.get_change_events(
            ChangeEventsFilter(
                self.time_of(first, self.transfers),
                self.time_of(last, self.transfers),
                number(limit, 32),
            )
        )
        assert len(found) == len(rows) - 1
        for event, row in zip(found, rows[1:], strict=True):
            self.compare_event(event, row)

    def compare_event(self, event: Event, row: list[str]) -> None:
        phase, transfer, amount, pending, *sides = row
        assert event.type is PHASES.get(phase, Pending.NONE)
        if transfer != "_":
            assert event.transfer.id == number(transfer)
            assert event.timestamp == self.transfers[number(transfer)].timestamp
        assert event.transfer.amount == number(amount)
        if pending != "_":
            assert event.pending is not None
            assert event.pending.id == number(pending)
        for cells, account, after in (
            (sides[:6], event.debit, event.debit_after),
            (sides[6:], event.credit, event.credit_after),
        ):
            assert account.id == number(cells[0])
            assert after[:4] == tuple(map(number, cells[1:5]))
            assert bool(after.flags & 32) == (cells[5] == "CLSD")
