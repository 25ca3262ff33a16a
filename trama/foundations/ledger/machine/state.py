"""Batches and their chains, and the expiry of what is pending."""

from collections.abc import Callable, Sequence
from heapq import heappop
from typing import TypeVar

from trama.foundations.ledger.machine.balances import event_of, reopen
from trama.foundations.ledger.machine.decisions import Decisions
from trama.foundations.ledger.machine.records import (
    TIMESTAMP_MAX,
    TRANSIENT,
    Account,
    AccountFlag,
    Event,
    Pending,
    Result,
    Status,
    Transfer,
    TransferFlag,
)

E = TypeVar("E", Account, Transfer)


class Machine(Decisions):
    """Accounts, transfers and every change of a balance, in the order in which they happened.

    `amount_limit` is the largest value a balance may take; a transfer that would pass it is refused
    as an overflow. The caller gives each batch the timestamp of its last event, above every one
    before; the events before it count down by one nanosecond.
    """

    def create_accounts(self, accounts: Sequence[Account], timestamp: int) -> list[Result]:
        """One result for each account, in order."""
        return self._create(accounts, timestamp, AccountFlag.IMPORTED, self._create_account)

    def create_transfers(self, transfers: Sequence[Transfer], timestamp: int) -> list[Result]:
        """One result for each transfer, in order."""
        return self._create(transfers, timestamp, TransferFlag.IMPORTED, self._create_transfer)

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
