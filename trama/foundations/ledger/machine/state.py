"""The state and the two verbs that change it, plus the expiry of what is pending."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush
from typing import TypeVar

from trama.foundations.ledger.machine import questions, rules
from trama.foundations.ledger.machine.balances import after, close, event_of, reopen, restore
from trama.foundations.ledger.machine.records import (
    AMOUNT_MAX,
    NS_PER_S,
    TIMESTAMP_MAX,
    TRANSIENT,
    Account,
    AccountFilter,
    AccountFlag,
    Balances,
    ChangeEventsFilter,
    Event,
    Pending,
    QueryFilter,
    Result,
    Status,
    Transfer,
    TransferFlag,
)

RESOLVED = {
    Pending.POSTED: Status.PENDING_TRANSFER_ALREADY_POSTED,
    Pending.VOIDED: Status.PENDING_TRANSFER_ALREADY_VOIDED,
    Pending.EXPIRED: Status.PENDING_TRANSFER_EXPIRED,
}


E = TypeVar("E", Account, Transfer)


class Machine:
    """Accounts, transfers and every change of a balance, in the order in which they happened.

    `amount_limit` is the largest value a balance may take; a transfer that would pass it is refused
    as an overflow. The caller gives each batch the timestamp of its last event, above every one
    before; the events before it count down by one nanosecond.
    """

    def __init__(self, *, amount_limit: int = AMOUNT_MAX) -> None:
        self.amount_limit = amount_limit
        self.accounts: dict[int, Account] = {}
        self.transfers: dict[int, Transfer] = {}
        self.pending: dict[int, Pending] = {}
        self.failed: set[int] = set()
        self.events: list[Event] = []
        self.last_account_timestamp = 0
        self.last_transfer_timestamp = 0
        self._account_timestamps: set[int] = set()
        self._transfer_timestamps: set[int] = set()
        self._expiries: list[tuple[int, int, int]] = []
        self._chain: int | None = None
        self._broken = False
        self._undo: list[Callable[[], object]] = []

    def create_accounts(self, accounts: Sequence[Account], timestamp: int) -> list[Result]:
        """One result for each account, in order."""
        return self._create(accounts, timestamp, AccountFlag.IMPORTED, self._create_account)

    def create_transfers(self, transfers: Sequence[Transfer], timestamp: int) -> list[Result]:
        """One result for each transfer, in order."""
        return self._create(transfers, timestamp, TransferFlag.IMPORTED, self._create_transfer)

    def lookup_accounts(self, identifiers: Sequence[int]) -> list[Account]:
        """The accounts found; those not found are left out."""
        return [self.accounts[i] for i in identifiers if i in self.accounts]

    def lookup_transfers(self, identifiers: Sequence[int]) -> list[Transfer]:
        """The transfers found; those not found are left out."""
        return [self.transfers[i] for i in identifiers if i in self.transfers]

    def get_account_transfers(self, wanted: AccountFilter) -> list[Transfer]:
        """Transfers of one account."""
        return questions.account_transfers(self.transfers.values(), wanted)

    def get_account_balances(self, wanted: AccountFilter) -> list[tuple[int, Balances]]:
        """Timestamp and balances after each transfer of an account that keeps its history."""
        account = self.accounts.get(wanted.account_id)
        if account is None or not account.flags & AccountFlag.HISTORY:
            return []
        by_time = {event.timestamp: event for event in self.events}
        return [
            (t.timestamp, questions.balances_of(by_time[t.timestamp], account.id))
            for t in questions.account_transfers(self.transfers.values(), wanted)
        ]

    def query_accounts(self, wanted: QueryFilter) -> list[Account]:
        """Accounts by their fields."""
        return questions.matching(self.accounts.values(), wanted)

    def query_transfers(self, wanted: QueryFilter) -> list[Transfer]:
        """Transfers by their fields."""
        return questions.matching(self.transfers.values(), wanted)

    def get_change_events(self, wanted: ChangeEventsFilter) -> list[Event]:
        """Every change of a balance, oldest first."""
        return questions.changes(self.events, wanted)

    def adopt(
        self, accounts: Sequence[Account], transfers: Sequence[tuple[Transfer, Pending]]
    ) -> None:
        """Take over what a store already holds, without events and without checks."""
        for account in accounts:
            self.accounts[account.id] = account
        for transfer, phase in transfers:
            self.transfers[transfer.id] = transfer
            self.pending[transfer.id] = phase
            if phase is Pending.PENDING and transfer.timeout:
                self._await_expiry(transfer)

    def next_expiry(self) -> int | None:
        """When the next pending transfer expires, in nanoseconds."""
        while self._expiries:
            expires_at, timestamp, identifier = self._expiries[0]
            transfer = self.transfers.get(identifier)
            # A chain that was undone may leave an entry behind, of a transfer since sent again.
            is_same = transfer is not None and transfer.timestamp == timestamp
            if is_same and self.pending[identifier] is Pending.PENDING:
                return expires_at
            heappop(self._expiries)
        return None

    def expire(self, timestamp: int, limit: int | None = None) -> list[Event]:
        """Expire what is due at `timestamp`, earliest first, at most `limit`; the new events."""
        due: list[Transfer] = []
        while (expires_at := self.next_expiry()) is not None and expires_at <= timestamp:
            if limit is not None and len(due) == limit:
                break
            due.append(self.transfers[heappop(self._expiries)[2]])
        for index, p in enumerate(due):
            debit, credit = self.accounts[p.debit_account_id], self.accounts[p.credit_account_id]
            self._move(debit, credit, -p.amount, 0)
            reopen(p, debit, credit)
            self.pending[p.id] = Pending.EXPIRED
            at = timestamp - len(due) + index + 1
            self._record(
                event_of(
                    at,
                    Pending.EXPIRED,
                    transfer=p,
                    pending=p,
                    moved=(-p.amount, 0),
                    debit=debit,
                    credit=credit,
                )
            )
        return self.events[len(self.events) - len(due) :]

    # Batches and chains.

    def _create(
        self,
        events: Sequence[E],
        timestamp: int,
        imported: int,
        create: Callable[[E, int], tuple[Status, int]],
    ) -> list[Result]:
        results: list[Result] = []
        for index, event in enumerate(events):
            at = timestamp - len(events) + index + 1
            if event.flags & AccountFlag.LINKED and self._chain is None:
                self._chain = index
            last = index == len(events) - 1
            refusal = self._order_refusal(event, events[0], last, imported, timestamp)
            status, at = create(event, at) if refusal is None else (refusal, at)
            results.append(Result(at, status))
            if status is not Status.CREATED:
                self._fail(event.id, status, results)
            if not event.flags & AccountFlag.LINKED or status is Status.LINKED_EVENT_CHAIN_OPEN:
                self._chain, self._broken = None, False
                self._undo.clear()
        return results

    def _order_refusal(
        self, event: Account | Transfer, first: Account | Transfer, last: bool, bit: int, now: int
    ) -> Status | None:
        """Of an event's place: in its chain, in its batch (`bit` marks imports), in time."""
        if last and event.flags & AccountFlag.LINKED:
            return Status.LINKED_EVENT_CHAIN_OPEN
        if self._broken:
            return Status.LINKED_EVENT_FAILED
        imported = event.flags & bit
        if imported != first.flags & bit:
            return (
                Status.IMPORTED_EVENT_NOT_EXPECTED if imported else Status.IMPORTED_EVENT_EXPECTED
            )
        if not imported:
            return Status.TIMESTAMP_MUST_BE_ZERO if event.timestamp else None
        if not 1 <= event.timestamp <= TIMESTAMP_MAX:
            return Status.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE
        if event.timestamp >= now:
            return Status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE
        return None

    def _fail(self, identifier: int, status: Status, results: list[Result]) -> None:
        if self._chain is not None and not self._broken:
            self._broken = True
            for undo in reversed(self._undo):
                undo()
            for index in range(self._chain, len(results) - 1):
                results[index] = Result(results[index].timestamp, Status.LINKED_EVENT_FAILED)
        if status in TRANSIENT:
            self.failed.add(identifier)

    # One event.

    def _create_account(self, a: Account, at: int) -> tuple[Status, int]:
        refusal = (
            (Status.RESERVED_FIELD if a.reserved else None)
            or (Status.RESERVED_FLAG if a.flags & ~AccountFlag.KNOWN else None)
            or rules.identifier_refusal(a.id)
        )
        if refusal:
            return refusal, at
        existing = self.accounts.get(a.id)
        if existing is not None:
            status = rules.account_difference(a, existing)
            return status, existing.timestamp if status is Status.EXISTS else at
        refusal = rules.account_refusal(a)
        if refusal:
            return refusal, at
        if a.flags & AccountFlag.IMPORTED:
            if a.timestamp <= self.last_account_timestamp or (
                a.timestamp in self._transfer_timestamps
            ):
                return Status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS, at
            at = a.timestamp
        self._keep_account(replace(a, timestamp=at))
        return Status.CREATED, at

    def _keep_account(self, account: Account) -> None:
        before = self.last_account_timestamp
        self.accounts[account.id] = account
        self._account_timestamps.add(account.timestamp)
        self.last_account_timestamp = account.timestamp
        if self._chain is not None:
            self._undo += (
                partial(setattr, self, "last_account_timestamp", before),
                partial(self._account_timestamps.remove, account.timestamp),
                partial(self.accounts.pop, account.id),
            )

    def _create_transfer(self, t: Transfer, at: int) -> tuple[Status, int]:
        refusal = (
            Status.RESERVED_FLAG if t.flags & ~TransferFlag.KNOWN else None
        ) or rules.identifier_refusal(t.id)
        if refusal:
            return refusal, at
        existing = self.transfers.get(t.id)
        if existing is not None:
            resolves = t.pending_id == existing.pending_id and existing.flags & rules.RESOLVING
            pending = self.transfers[t.pending_id] if resolves else None
            status = rules.transfer_difference(t, existing, pending)
            return status, existing.timestamp if status is Status.EXISTS else at
        if t.id in self.failed:
            return Status.ID_ALREADY_FAILED, at
        if t.flags & rules.RESOLVING:
            return self._resolve(t, at)
        refusal = rules.accounts_refusal(t) or rules.phase_refusal(t)
        return (refusal, at) if refusal else self._transfer(t, at)

    def _transfer(self, t: Transfer, at: int) -> tuple[Status, int]:
        debit = self.accounts.get(t.debit_account_id)
        if debit is None:
            return Status.DEBIT_ACCOUNT_NOT_FOUND, at
        credit = self.accounts.get(t.credit_account_id)
        if credit is None:
            return Status.CREDIT_ACCOUNT_NOT_FOUND, at
        refusal = rules.ledger_refusal(t, debit, credit) or self._import_refusal(t, debit, credit)
        if refusal:
            return refusal, at
        at = t.timestamp or at
        amount = rules.balanced_amount(t, debit, credit)
        refusal = (
            rules.closed_refusal(debit, credit)
            or rules.balance_refusal(amount, t, debit, credit, self.amount_limit)
            or rules.limit_refusal(amount, t, at, debit, credit)
        )
        if refusal:
            return refusal, at
        phase = Pending.PENDING if t.flags & TransferFlag.PENDING else Pending.NONE
        kept = replace(t, amount=amount, timestamp=at)
        self._keep_transfer(kept, phase)
        moved = (amount, 0) if phase is Pending.PENDING else (0, amount)
        self._move(debit, credit, *moved)
        close(t, debit, credit)
        self._record(
            event_of(
                at, phase, transfer=kept, pending=None, moved=moved, debit=debit, credit=credit
            )
        )
        return Status.CREATED, at

    def _resolve(self, t: Transfer, at: int) -> tuple[Status, int]:
        refusal = rules.resolving_refusal(t)
        if refusal:
            return refusal, at
        p = self.transfers.get(t.pending_id)
        if p is None:
            return Status.PENDING_TRANSFER_NOT_FOUND, at
        refusal = rules.pending_refusal(t, p) or self._phase_refusal(p, at)
        debit, credit = self.accounts[p.debit_account_id], self.accounts[p.credit_account_id]
        refusal = refusal or self._import_refusal(t, None, None)
        if not refusal and t.flags & TransferFlag.POST_PENDING:
            refusal = rules.closed_refusal(debit, credit)
        if refusal:
            return refusal, at
        at = t.timestamp or at
        amount = rules.resolved_amount(t, p)
        kept = rules.resolving_transfer(t, p, amount, at)
        posts = bool(t.flags & TransferFlag.POST_PENDING)
        phase = Pending.POSTED if posts else Pending.VOIDED
        self._keep_transfer(kept, phase)
        self._set_phase(p, phase)
        moved = (-p.amount, amount if posts else 0)
        self._move(debit, credit, *moved)
        if not posts:
            reopen(p, debit, credit)
        self._record(
            event_of(at, phase, transfer=kept, pending=p, moved=moved, debit=debit, credit=credit)
        )
        return Status.CREATED, at

    def _phase_refusal(self, p: Transfer, at: int) -> Status | None:
        phase = self.pending[p.id]
        if phase is not Pending.PENDING:
            return RESOLVED[phase]
        expired = p.timeout and p.timestamp + p.timeout * NS_PER_S <= at
        return Status.PENDING_TRANSFER_EXPIRED if expired else None

    def _import_refusal(
        self, t: Transfer, debit: Account | None, credit: Account | None
    ) -> Status | None:
        if not t.flags & TransferFlag.IMPORTED:
            return None
        if t.timestamp <= self.last_transfer_timestamp or t.timestamp in self._account_timestamps:
            return Status.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS
        if debit is not None and t.timestamp <= debit.timestamp:
            return Status.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT
        if credit is not None and t.timestamp <= credit.timestamp:
            return Status.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT
        return Status.IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO if t.timeout else None

    # Changes; every one of them can be undone while a chain is open.

    def _keep_transfer(self, t: Transfer, phase: Pending) -> None:
        before = self.last_transfer_timestamp
        self.transfers[t.id] = t
        self.pending[t.id] = Pending.NONE if t.flags & rules.RESOLVING else phase
        self._transfer_timestamps.add(t.timestamp)
        self.last_transfer_timestamp = t.timestamp
        if t.timeout:
            self._await_expiry(t)
        if self._chain is not None:
            self._undo += (
                partial(setattr, self, "last_transfer_timestamp", before),
                partial(self._transfer_timestamps.remove, t.timestamp),
                partial(self.pending.pop, t.id),
                partial(self.transfers.pop, t.id),
            )

    def _await_expiry(self, t: Transfer) -> None:
        heappush(self._expiries, (t.timestamp + t.timeout * NS_PER_S, t.timestamp, t.id))

    def _set_phase(self, p: Transfer, phase: Pending) -> None:
        self.pending[p.id] = phase
        if self._chain is not None:
            self._undo.append(partial(self.pending.__setitem__, p.id, Pending.PENDING))

    def _move(self, debit: Account, credit: Account, held: int, posted: int) -> None:
        if self._chain is not None:
            self._undo += (partial(restore, debit, after(debit)),)
            self._undo += (partial(restore, credit, after(credit)),)
        debit.debits_pending += held
        debit.debits_posted += posted
        credit.credits_pending += held
        credit.credits_posted += posted

    def _record(self, event: Event) -> None:
        self.events.append(event)
        if self._chain is not None:
            self._undo.append(self.events.pop)
