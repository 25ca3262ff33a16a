"""What becomes of one event, given all before it."""

from dataclasses import replace

from trama.foundations.ledger.machine import rules
from trama.foundations.ledger.machine.balances import close, event_of, reopen
from trama.foundations.ledger.machine.books import Books
from trama.foundations.ledger.machine.records import (
    NS_PER_S,
    Account,
    AccountFlag,
    Pending,
    Status,
    Transfer,
    TransferFlag,
)

RESOLVED = {
    Pending.POSTED: Status.PENDING_TRANSFER_ALREADY_POSTED,
    Pending.VOIDED: Status.PENDING_TRANSFER_ALREADY_VOIDED,
    Pending.EXPIRED: Status.PENDING_TRANSFER_EXPIRED,
}


class Decisions(Books):
    """Checks an event in the order in which the checks answer, and keeps it when none does."""

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
