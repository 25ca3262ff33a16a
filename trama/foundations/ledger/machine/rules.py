"""The checks that need no state, in the order in which they answer. `None` lets the event pass."""

from dataclasses import replace

from trama.foundations.ledger.machine.records import (
    INT_MAX,
    NS_PER_S,
    TIMESTAMP_MAX,
    Account,
    AccountFlag,
    Status,
    Transfer,
    TransferFlag,
)

EXCLUSIVE_LIMITS = (
    AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS | AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
)
RESOLVING = TransferFlag.POST_PENDING | TransferFlag.VOID_PENDING
CLOSING = TransferFlag.CLOSING_DEBIT | TransferFlag.CLOSING_CREDIT
BALANCING = TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT
NOT_WITH_RESOLVING = TransferFlag.PENDING | BALANCING | CLOSING


def identifier_refusal(identifier: int) -> Status | None:
    """Zero and all ones are reserved."""
    if identifier == 0:
        return Status.ID_MUST_NOT_BE_ZERO
    if identifier == INT_MAX:
        return Status.ID_MUST_NOT_BE_INT_MAX
    return None


def account_refusal(a: Account) -> Status | None:
    """Of a new account, after it was found not to exist."""
    if a.flags & EXCLUSIVE_LIMITS == EXCLUSIVE_LIMITS:
        return Status.FLAGS_ARE_MUTUALLY_EXCLUSIVE
    if a.debits_pending:
        return Status.DEBITS_PENDING_MUST_BE_ZERO
    if a.debits_posted:
        return Status.DEBITS_POSTED_MUST_BE_ZERO
    if a.credits_pending:
        return Status.CREDITS_PENDING_MUST_BE_ZERO
    if a.credits_posted:
        return Status.CREDITS_POSTED_MUST_BE_ZERO
    if a.ledger == 0:
        return Status.LEDGER_MUST_NOT_BE_ZERO
    if a.code == 0:
        return Status.CODE_MUST_NOT_BE_ZERO
    return None


def account_difference(a: Account, existing: Account) -> Status:
    """`exists`, or the first field in which an account sent again differs."""
    for field, difference in (
        ("flags", Status.EXISTS_WITH_DIFFERENT_FLAGS),
        ("user_data_128", Status.EXISTS_WITH_DIFFERENT_USER_DATA_128),
        ("user_data_64", Status.EXISTS_WITH_DIFFERENT_USER_DATA_64),
        ("user_data_32", Status.EXISTS_WITH_DIFFERENT_USER_DATA_32),
        ("ledger", Status.EXISTS_WITH_DIFFERENT_LEDGER),
        ("code", Status.EXISTS_WITH_DIFFERENT_CODE),
    ):
        if getattr(a, field) != getattr(existing, field):
            return difference
    return Status.EXISTS


def accounts_refusal(t: Transfer) -> Status | None:
    """Of the two identifiers a new transfer names."""
    if t.debit_account_id == 0:
        return Status.DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO
    if t.debit_account_id == INT_MAX:
        return Status.DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX
    if t.credit_account_id == 0:
        return Status.CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO
    if t.credit_account_id == INT_MAX:
        return Status.CREDIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX
    if t.credit_account_id == t.debit_account_id:
        return Status.ACCOUNTS_MUST_BE_DIFFERENT
    return None


def phase_refusal(t: Transfer) -> Status | None:
    """Of the fields that only a pending transfer may have, and of ledger and code."""
    if t.pending_id:
        return Status.PENDING_ID_MUST_BE_ZERO
    if not t.flags & TransferFlag.PENDING:
        if t.timeout:
            return Status.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER
        if t.flags & CLOSING:
            return Status.CLOSING_TRANSFER_MUST_BE_PENDING
    if t.ledger == 0:
        return Status.LEDGER_MUST_NOT_BE_ZERO
    if t.code == 0:
        return Status.CODE_MUST_NOT_BE_ZERO
    return None


def resolving_refusal(t: Transfer) -> Status | None:
    """Of a transfer that posts or voids a pending one, before looking for that one."""
    if t.flags & RESOLVING == RESOLVING or t.flags & NOT_WITH_RESOLVING:
        return Status.FLAGS_ARE_MUTUALLY_EXCLUSIVE
    if t.pending_id == 0:
        return Status.PENDING_ID_MUST_NOT_BE_ZERO
    if t.pending_id == INT_MAX:
        return Status.PENDING_ID_MUST_NOT_BE_INT_MAX
    if t.pending_id == t.id:
        return Status.PENDING_ID_MUST_BE_DIFFERENT
    if t.timeout:
        return Status.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER
    return None


def pending_refusal(t: Transfer, p: Transfer) -> Status | None:
    """Of a resolving transfer that repeats fields of the pending one; zero repeats nothing."""
    if not p.flags & TransferFlag.PENDING:
        return Status.PENDING_TRANSFER_NOT_PENDING
    if t.debit_account_id and t.debit_account_id != p.debit_account_id:
        return Status.PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID
    if t.credit_account_id and t.credit_account_id != p.credit_account_id:
        return Status.PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID
    if t.ledger and t.ledger != p.ledger:
        return Status.PENDING_TRANSFER_HAS_DIFFERENT_LEDGER
    if t.code and t.code != p.code:
        return Status.PENDING_TRANSFER_HAS_DIFFERENT_CODE
    amount = resolved_amount(t, p)
    if amount > p.amount:
        return Status.EXCEEDS_PENDING_TRANSFER_AMOUNT
    if t.flags & TransferFlag.VOID_PENDING and amount < p.amount:
        return Status.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT
    return None


def resolved_amount(t: Transfer, p: Transfer) -> int:
    """What a resolving transfer moves: voiding 0 and posting `AMOUNT_MAX` mean all of it."""
    everything = 0 if t.flags & TransferFlag.VOID_PENDING else INT_MAX
    return p.amount if t.amount == everything else t.amount


def balance_refusal(
    amount: int, t: Transfer, debit: Account, credit: Account, limit: int
) -> Status | None:
    """Of sums that would not fit in `limit`."""
    room = limit - amount
    if t.flags & TransferFlag.PENDING:
        if debit.debits_pending > room:
            return Status.OVERFLOWS_DEBITS_PENDING
        if credit.credits_pending > room:
            return Status.OVERFLOWS_CREDITS_PENDING
    if debit.debits_posted > room:
        return Status.OVERFLOWS_DEBITS_POSTED
    if credit.credits_posted > room:
        return Status.OVERFLOWS_CREDITS_POSTED
    if debit.debits_pending + debit.debits_posted > room:
        return Status.OVERFLOWS_DEBITS
    if credit.credits_pending + credit.credits_posted > room:
        return Status.OVERFLOWS_CREDITS
    return None


def limit_refusal(
    amount: int, t: Transfer, timestamp: int, debit: Account, credit: Account
) -> Status | None:
    """Of a timeout past the end of time, and of the accounts' own limits."""
    if timestamp + t.timeout * NS_PER_S > TIMESTAMP_MAX:
        return Status.OVERFLOWS_TIMEOUT
    if (
        debit.flags & AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS
        and debit.debits_pending + debit.debits_posted + amount > debit.credits_posted
    ):
        return Status.EXCEEDS_CREDITS
    if (
        credit.flags & AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
        and credit.credits_pending + credit.credits_posted + amount > credit.debits_posted
    ):
        return Status.EXCEEDS_DEBITS
    return None


def transfer_difference(t: Transfer, existing: Transfer, pending: Transfer | None) -> Status:
    """`exists`, or the first field in which a transfer sent again differs.

    The flags come first because they decide what the other fields mean; `pending` is the transfer
    that both resolve, if they do.
    """
    if t.flags != existing.flags:
        return Status.EXISTS_WITH_DIFFERENT_FLAGS
    if t.pending_id != existing.pending_id:
        return Status.EXISTS_WITH_DIFFERENT_PENDING_ID
    if t.timeout != existing.timeout:
        return Status.EXISTS_WITH_DIFFERENT_TIMEOUT
    if pending is None:
        return _single_difference(t, existing)
    return _resolving_difference(t, existing, pending)


def _single_difference(t: Transfer, e: Transfer) -> Status:
    if t.debit_account_id != e.debit_account_id:
        return Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID
    if t.credit_account_id != e.credit_account_id:
        return Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID
    # Of a balancing transfer the amount is an upper limit: what was moved may well be less.
    if t.amount < e.amount if t.flags & BALANCING else t.amount != e.amount:
        return Status.EXISTS_WITH_DIFFERENT_AMOUNT
    for field, difference in _USER_DATA:
        if getattr(t, field) != getattr(e, field):
            return difference
    if t.ledger != e.ledger:
        return Status.EXISTS_WITH_DIFFERENT_LEDGER
    return Status.EXISTS_WITH_DIFFERENT_CODE if t.code != e.code else Status.EXISTS


def _resolving_difference(t: Transfer, e: Transfer, p: Transfer) -> Status:
    if t.debit_account_id and t.debit_account_id != e.debit_account_id:
        return Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID
    if t.credit_account_id and t.credit_account_id != e.credit_account_id:
        return Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID
    if resolved_amount(t, p) != e.amount:
        return Status.EXISTS_WITH_DIFFERENT_AMOUNT
    for field, difference in _USER_DATA:
        if (getattr(t, field) or getattr(p, field)) != getattr(e, field):
            return difference
    if t.ledger and t.ledger != e.ledger:
        return Status.EXISTS_WITH_DIFFERENT_LEDGER
    return Status.EXISTS_WITH_DIFFERENT_CODE if t.code and t.code != e.code else Status.EXISTS


_USER_DATA = (
    ("user_data_128", Status.EXISTS_WITH_DIFFERENT_USER_DATA_128),
    ("user_data_64", Status.EXISTS_WITH_DIFFERENT_USER_DATA_64),
    ("user_data_32", Status.EXISTS_WITH_DIFFERENT_USER_DATA_32),
)


def ledger_refusal(t: Transfer, debit: Account, credit: Account) -> Status | None:
    """Both accounts and the transfer are of one ledger (a currency)."""
    if debit.ledger != credit.ledger:
        return Status.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER
    if t.ledger != debit.ledger:
        return Status.TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS
    return None


def closed_refusal(debit: Account, credit: Account) -> Status | None:
    """A closed account takes nothing but the voiding of what was pending."""
    if debit.flags & AccountFlag.CLOSED:
        return Status.DEBIT_ACCOUNT_ALREADY_CLOSED
    if credit.flags & AccountFlag.CLOSED:
        return Status.CREDIT_ACCOUNT_ALREADY_CLOSED
    return None


def balanced_amount(t: Transfer, debit: Account, credit: Account) -> int:
    """The amount, or as much of it as a balancing transfer may move."""
    amount = t.amount
    if t.flags & TransferFlag.BALANCING_DEBIT:
        room = debit.credits_posted - debit.debits_posted - debit.debits_pending
        amount = min(amount, max(room, 0))
    if t.flags & TransferFlag.BALANCING_CREDIT:
        room = credit.debits_posted - credit.credits_posted - credit.credits_pending
        amount = min(amount, max(room, 0))
    return amount


def resolving_transfer(t: Transfer, p: Transfer, amount: int, timestamp: int) -> Transfer:
    """The transfer to keep: what `t` leaves out it takes from the pending one."""
    return replace(
        t,
        debit_account_id=p.debit_account_id,
        credit_account_id=p.credit_account_id,
        amount=amount,
        user_data_128=t.user_data_128 or p.user_data_128,
        user_data_64=t.user_data_64 or p.user_data_64,
        user_data_32=t.user_data_32 or p.user_data_32,
        ledger=p.ledger,
        code=p.code,
        timestamp=timestamp,
    )
