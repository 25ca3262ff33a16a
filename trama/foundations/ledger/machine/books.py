"""What the machine holds, how it is asked, and changes that can be undone."""

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappop, heappush

from trama.foundations.ledger.machine import questions, rules
from trama.foundations.ledger.machine.balances import after, restore
from trama.foundations.ledger.machine.records import (
    AMOUNT_MAX,
    NS_PER_S,
    Account,
    AccountFilter,
    AccountFlag,
    Balances,
    ChangeEventsFilter,
    Event,
    Pending,
    QueryFilter,
    Transfer,
)


class Books:
    """Accounts, transfers and every change of a balance, in the order in which they happened."""

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

    # Changes; every one of them can be undone while a chain is open.

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
