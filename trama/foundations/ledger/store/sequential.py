"""Posting what is not plain: the state machine, on just the accounts and transfers it needs."""

from collections.abc import Iterable, Sequence
from typing import Any

from trama.core.identifiers import identifier_of
from trama.foundations.ledger.admission import EXPIRED
from trama.foundations.ledger.currencies import LEDGERS
from trama.foundations.ledger.machine import (
    Account,
    Balances,
    Event,
    Machine,
    Pending,
    Result,
    Transfer,
    TransferFlag,
)
from trama.foundations.ledger.orders import NewTransfer
from trama.foundations.ledger.store import database
from trama.foundations.ledger.store.batches import (
    POSTING_COLUMNS,
    Head,
    add_postings,
)
from trama.foundations.ledger.store.plain import AMOUNT_LIMIT

CLOSED = 32

_POSTING = (
    "p.number, p.source, d.name, c.name, p.held_minor, p.posted_minor, p.resolves, p.timeout_s, "
    "p.user_data_128, p.user_data_64, p.user_data_32, p.ledger, p.code, p.flags, p.timestamp_ns "
    "FROM {keys} k JOIN ledger_posting p ON p.%s = k.key "
    "JOIN ledger_account d ON d.number = p.debit_id "
    "JOIN ledger_account c ON c.number = p.credit_id"
)


def post_sequentially(head: Head, transfers: Sequence[NewTransfer], at_s: int) -> list[Result]:
    """Let the machine decide each transfer in order, and write what it did."""
    books = _Books()
    sources = {s for t in transfers for s in (t.source, t.pending_source) if s}
    books.load_postings(_keyed("source", sources))
    books.load_accounts({n for t in transfers for n in (t.debit, t.credit) if n})
    books.load_failed({t.source for t in transfers})
    timestamp_ns = head.time_of(at_s, len(transfers))
    results = books.machine.create_transfers([_transfer(t) for t in transfers], timestamp_ns)
    books.write(head, {_id(t.source): t.source for t in transfers}, at_s, timestamp_ns)
    books.write_failed(transfers, results)
    return results


def expire_due(head: Head, at_s: int) -> int:
    """Write the expiry of every pending transfer that is due; how many there were."""
    instant_ns = max(at_s * 1_000_000_000, head.timestamp_ns)
    due = database.fetch(
        "SELECT posting_id FROM ledger_hold WHERE expires_at_ns <= %s", [instant_ns]
    )
    if not due:
        return 0
    books = _Books()
    books.load_postings(_keyed("number", {number for (number,) in due}))
    timestamp_ns = head.time_of(at_s, len(due))
    books.machine.expire(timestamp_ns)
    books.write(head, {}, at_s, timestamp_ns)
    return len(due)


class _Books:
    """A machine that holds the part of the ledger that a batch touches."""

    def __init__(self) -> None:
        self.machine = Machine(amount_limit=AMOUNT_LIMIT)
        self.numbers: dict[int, int] = {}
        self.sources: dict[int, str] = {}
        self.account_numbers: dict[int, int] = {}
        self.failed: set[int] = set()

    def load_postings(self, rows: list[database.Row]) -> None:
        """Adopt postings, those they resolve, what became of them, and their accounts."""
        rows = rows + _keyed("number", {row[6] for row in rows if row[6]})
        kept = {row[0]: _kept(row) for row in rows if not row[1].startswith(EXPIRED)}
        pending = [n for n, t in kept.items() if t.flags & TransferFlag.PENDING]
        phases = _phases(pending)
        for number, _, *_rest in rows:
            if number in kept:
                self.numbers[kept[number].id] = number
        self.sources |= {_id(row[1]): row[1] for row in rows}
        by_number = {row[0]: _id(row[1]) for row in rows}
        for row in rows:
            if row[0] in kept and row[6]:
                kept[row[0]].pending_id = by_number[row[6]]
        self.machine.adopt([], [(t, phases.get(n, Pending.NONE)) for n, t in kept.items()])
        self.load_accounts({name for row in rows for name in row[2:4]})

    def load_accounts(self, names: Iterable[str]) -> None:
        """Adopt accounts by name, as they stand."""
        wanted = sorted(n for n in set(names) if _id(n) not in self.account_numbers)
        rows = database.fetch_keyed(
            "SELECT a.number, a.name, a.ledger, a.code, a.flags, b.closed, a.timestamp_ns, "
            "b.debits_pending_minor, b.debits_posted_minor, "
            "b.credits_pending_minor, b.credits_posted_minor "
            "FROM {keys} k JOIN ledger_account a ON a.name = k.key "
            "JOIN ledger_balance b ON b.account_id = a.number",
            wanted,
        )
        accounts = []
        for number, name, ledger, code, flags, closed, timestamp, *balances in rows:
            account = Account(_id(name), ledger, code, flags & ~CLOSED | (CLOSED if closed else 0))
            account.timestamp = timestamp
            account.debits_pending, account.debits_posted = balances[:2]
            account.credits_pending, account.credits_posted = balances[2:]
            self.account_numbers[account.id] = number
            accounts.append(account)
        self.machine.adopt(accounts, [])

    def load_failed(self, sources: Iterable[str]) -> None:
        """Adopt the sources that are used up."""
        rows = database.fetch_keyed(
            "SELECT f.source FROM {keys} k JOIN ledger_failedsource f ON f.source = k.key",
            sorted(sources),
        )
        self.failed = {_id(source) for (source,) in rows}
        self.machine.failed |= self.failed

    def write(self, head: Head, sources: dict[int, str], at_s: int, timestamp_ns: int) -> None:
        """Write every event of the machine as a posting."""
        events = self.machine.events
        if not events:
            return
        self.sources |= sources
        for index, event in enumerate(events):
            if event.type is not Pending.EXPIRED:
                self.numbers[event.transfer.id] = head.next_posting + index
        rows = [self._row(head.next_posting + i, event) for i, event in enumerate(events)]
        names = [name for name, _ in POSTING_COLUMNS]
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        add_postings(head, columns, at_s, timestamp_ns)

    def _row(self, number: int, event: Event) -> tuple[Any, ...]:
        t, expired = event.transfer, event.type is Pending.EXPIRED
        return (
            number,
            (EXPIRED if expired else "") + self.sources[t.id],
            self.account_numbers[t.debit_account_id],
            self.account_numbers[t.credit_account_id],
            event.held,
            event.posted,
            t.ledger,
            t.code,
            0 if expired else t.flags,
            event.timestamp,
            *event.debit_after[:4],
            *event.credit_after[:4],
            _closed(event.debit_after),
            _closed(event.credit_after),
            self.numbers[event.pending.id] if event.pending else None,
            None if expired else t.timeout or None,
            t.user_data_128.to_bytes(16, "big") if t.user_data_128 else None,
            t.user_data_64 or None,
            t.user_data_32 or None,
        )

    def write_failed(self, transfers: Sequence[NewTransfer], results: Sequence[Result]) -> None:
        """Remember the sources that this batch used up."""
        new = self.machine.failed - self.failed
        rows: dict[str, database.Row] = {}
        for t, result in zip(transfers, results, strict=True):
            if _id(t.source) in new:
                rows.setdefault(t.source, (t.source, str(result.status), result.timestamp))
        if rows:
            columns = (("source", "text"), ("status", "text"), ("timestamp_ns", "int8"))
            database.insert("ledger_failedsource", columns, rows.values())


def _keyed(column: str, keys: Iterable[Any]) -> list[database.Row]:
    return database.fetch_keyed("SELECT " + _POSTING % column, sorted(keys))


def _phases(pending: Sequence[int]) -> dict[int, Pending]:
    phases = dict.fromkeys(pending, Pending.PENDING)
    rows = database.fetch_keyed(
        "SELECT p.resolves, p.flags FROM {keys} k JOIN ledger_posting p ON p.resolves = k.key",
        sorted(pending),
    )
    for number, flags in rows:
        if flags & TransferFlag.POST_PENDING:
            phases[number] = Pending.POSTED
        else:
            voided = flags & TransferFlag.VOID_PENDING
            phases[number] = Pending.VOIDED if voided else Pending.EXPIRED
    return phases


def _kept(row: database.Row) -> Transfer:
    _, source, debit, credit, held, posted, _, timeout, data_128, data_64, data_32, *rest = row
    ledger, code, flags, timestamp = rest
    return Transfer(
        id=_id(source),
        debit_account_id=_id(debit),
        credit_account_id=_id(credit),
        amount=abs(held) if flags & (TransferFlag.PENDING | TransferFlag.VOID_PENDING) else posted,
        user_data_128=int.from_bytes(bytes(data_128 or b""), "big"),
        user_data_64=data_64 or 0,
        user_data_32=data_32 or 0,
        timeout=timeout or 0,
        ledger=ledger,
        code=code,
        flags=flags,
        timestamp=timestamp,
    )


def _transfer(t: NewTransfer) -> Transfer:
    return Transfer(
        id=_id(t.source),
        debit_account_id=_id(t.debit),
        credit_account_id=_id(t.credit),
        amount=t.amount_minor,
        pending_id=_id(t.pending_source),
        user_data_128=t.user_data_128,
        user_data_64=t.user_data_64,
        user_data_32=t.user_data_32,
        timeout=t.timeout_s,
        ledger=LEDGERS.get(t.currency, 0),
        code=t.code,
        flags=t.flags,
    )


def _id(key: str) -> int:
    return identifier_of(key) if key else 0


def _closed(after: Balances) -> bool:
    return bool(after.flags & CLOSED)
