"""What the machine is given and what it answers: accounts, transfers, filters, results.

Numbers are unsigned: identifiers and `user_data_128` of 128 bits, `user_data_64` and timestamps
(nanoseconds) of 64, `user_data_32`, `ledger` and `timeout` (seconds) of 32, `code` of 16.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

INT_MAX = 2**128 - 1
AMOUNT_MAX = INT_MAX
"""As the amount of a balancing or posting transfer: as much as there is."""
TIMESTAMP_MAX = 2**63 - 1
NS_PER_S = 1_000_000_000


class AccountFlag:
    """Bits of `Account.flags`."""

    LINKED = 1
    DEBITS_MUST_NOT_EXCEED_CREDITS = 2
    CREDITS_MUST_NOT_EXCEED_DEBITS = 4
    HISTORY = 8
    IMPORTED = 16
    CLOSED = 32
    KNOWN = 63


class TransferFlag:
    """Bits of `Transfer.flags`."""

    LINKED = 1
    PENDING = 2
    POST_PENDING = 4
    VOID_PENDING = 8
    BALANCING_DEBIT = 16
    BALANCING_CREDIT = 32
    CLOSING_DEBIT = 64
    CLOSING_CREDIT = 128
    IMPORTED = 256
    KNOWN = 511


class Status(StrEnum):
    """The answer to one event. `created` and `exists` are the good ones; the rest refuse."""

    CREATED = "created"
    LINKED_EVENT_FAILED = "linked_event_failed"
    LINKED_EVENT_CHAIN_OPEN = "linked_event_chain_open"
    IMPORTED_EVENT_EXPECTED = "imported_event_expected"
    IMPORTED_EVENT_NOT_EXPECTED = "imported_event_not_expected"
    TIMESTAMP_MUST_BE_ZERO = "timestamp_must_be_zero"
    IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE = "imported_event_timestamp_out_of_range"
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE = "imported_event_timestamp_must_not_advance"
    RESERVED_FIELD = "reserved_field"
    RESERVED_FLAG = "reserved_flag"
    ID_MUST_NOT_BE_ZERO = "id_must_not_be_zero"
    ID_MUST_NOT_BE_INT_MAX = "id_must_not_be_int_max"
    EXISTS_WITH_DIFFERENT_FLAGS = "exists_with_different_flags"
    EXISTS_WITH_DIFFERENT_PENDING_ID = "exists_with_different_pending_id"
    EXISTS_WITH_DIFFERENT_TIMEOUT = "exists_with_different_timeout"
    EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID = "exists_with_different_debit_account_id"
    EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID = "exists_with_different_credit_account_id"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_USER_DATA_128 = "exists_with_different_user_data_128"
    EXISTS_WITH_DIFFERENT_USER_DATA_64 = "exists_with_different_user_data_64"
    EXISTS_WITH_DIFFERENT_USER_DATA_32 = "exists_with_different_user_data_32"
    EXISTS_WITH_DIFFERENT_LEDGER = "exists_with_different_ledger"
    EXISTS_WITH_DIFFERENT_CODE = "exists_with_different_code"
    EXISTS = "exists"
    ID_ALREADY_FAILED = "id_already_failed"
    FLAGS_ARE_MUTUALLY_EXCLUSIVE = "flags_are_mutually_exclusive"
    DEBITS_PENDING_MUST_BE_ZERO = "debits_pending_must_be_zero"
    DEBITS_POSTED_MUST_BE_ZERO = "debits_posted_must_be_zero"
    CREDITS_PENDING_MUST_BE_ZERO = "credits_pending_must_be_zero"
    CREDITS_POSTED_MUST_BE_ZERO = "credits_posted_must_be_zero"
    DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO = "debit_account_id_must_not_be_zero"
    DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX = "debit_account_id_must_not_be_int_max"
    CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO = "credit_account_id_must_not_be_zero"
    CREDIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX = "credit_account_id_must_not_be_int_max"
    ACCOUNTS_MUST_BE_DIFFERENT = "accounts_must_be_different"
    PENDING_ID_MUST_BE_ZERO = "pending_id_must_be_zero"
    PENDING_ID_MUST_NOT_BE_ZERO = "pending_id_must_not_be_zero"
    PENDING_ID_MUST_NOT_BE_INT_MAX = "pending_id_must_not_be_int_max"
    PENDING_ID_MUST_BE_DIFFERENT = "pending_id_must_be_different"
    TIMEOUT_RESERVED_FOR_PENDING_TRANSFER = "timeout_reserved_for_pending_transfer"
    CLOSING_TRANSFER_MUST_BE_PENDING = "closing_transfer_must_be_pending"
    LEDGER_MUST_NOT_BE_ZERO = "ledger_must_not_be_zero"
    CODE_MUST_NOT_BE_ZERO = "code_must_not_be_zero"
    DEBIT_ACCOUNT_NOT_FOUND = "debit_account_not_found"
    CREDIT_ACCOUNT_NOT_FOUND = "credit_account_not_found"
    ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER = "accounts_must_have_the_same_ledger"
    TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS = (
        "transfer_must_have_the_same_ledger_as_accounts"
    )
    PENDING_TRANSFER_NOT_FOUND = "pending_transfer_not_found"
    PENDING_TRANSFER_NOT_PENDING = "pending_transfer_not_pending"
    PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID = (
        "pending_transfer_has_different_debit_account_id"
    )
    PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID = (
        "pending_transfer_has_different_credit_account_id"
    )
    PENDING_TRANSFER_HAS_DIFFERENT_LEDGER = "pending_transfer_has_different_ledger"
    PENDING_TRANSFER_HAS_DIFFERENT_CODE = "pending_transfer_has_different_code"
    EXCEEDS_PENDING_TRANSFER_AMOUNT = "exceeds_pending_transfer_amount"
    PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT = "pending_transfer_has_different_amount"
    PENDING_TRANSFER_ALREADY_POSTED = "pending_transfer_already_posted"
    PENDING_TRANSFER_ALREADY_VOIDED = "pending_transfer_already_voided"
    PENDING_TRANSFER_EXPIRED = "pending_transfer_expired"
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS = "imported_event_timestamp_must_not_regress"
    IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT = (
        "imported_event_timestamp_must_postdate_debit_account"
    )
    IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT = (
        "imported_event_timestamp_must_postdate_credit_account"
    )
    IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO = "imported_event_timeout_must_be_zero"
    DEBIT_ACCOUNT_ALREADY_CLOSED = "debit_account_already_closed"
    CREDIT_ACCOUNT_ALREADY_CLOSED = "credit_account_already_closed"
    OVERFLOWS_DEBITS_PENDING = "overflows_debits_pending"
    OVERFLOWS_CREDITS_PENDING = "overflows_credits_pending"
    OVERFLOWS_DEBITS_POSTED = "overflows_debits_posted"
    OVERFLOWS_CREDITS_POSTED = "overflows_credits_posted"
    OVERFLOWS_DEBITS = "overflows_debits"
    OVERFLOWS_CREDITS = "overflows_credits"
    OVERFLOWS_TIMEOUT = "overflows_timeout"
    EXCEEDS_CREDITS = "exceeds_credits"
    EXCEEDS_DEBITS = "exceeds_debits"


TRANSIENT = frozenset(
    {
        Status.DEBIT_ACCOUNT_NOT_FOUND,
        Status.CREDIT_ACCOUNT_NOT_FOUND,
        Status.PENDING_TRANSFER_NOT_FOUND,
        Status.EXCEEDS_CREDITS,
        Status.EXCEEDS_DEBITS,
        Status.DEBIT_ACCOUNT_ALREADY_CLOSED,
        Status.CREDIT_ACCOUNT_ALREADY_CLOSED,
    }
)
"""Refusals that another moment could answer differently: they use the identifier up, so that a
transfer sent again can never succeed behind the back of who was told that it failed."""


class Pending(StrEnum):
    """What became of a transfer, as far as its second phase goes."""

    NONE = "single_phase"
    PENDING = "two_phase_pending"
    POSTED = "two_phase_posted"
    VOIDED = "two_phase_voided"
    EXPIRED = "two_phase_expired"


@dataclass(slots=True)
class Account:
    """An account; the four balances are the machine's to change."""

    id: int
    ledger: int = 0
    code: int = 0
    flags: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    reserved: int = 0
    timestamp: int = 0


@dataclass(slots=True)
class Transfer:
    """Money from nowhere to nowhere: `amount` debits one account and credits another."""

    id: int
    debit_account_id: int = 0
    credit_account_id: int = 0
    amount: int = 0
    pending_id: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    timeout: int = 0
    ledger: int = 0
    code: int = 0
    flags: int = 0
    timestamp: int = 0


class Result(NamedTuple):
    """`timestamp` is the event's own, or the existing one's when the status is `exists`."""

    timestamp: int
    status: Status


class Balances(NamedTuple):
    """An account's four balances and its flags right after an event."""

    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int
    flags: int


class Event(NamedTuple):
    """One change of two balances: a transfer created, or a pending one expired.

    `held` is the change of both pending balances (below zero when a hold is resolved) and `posted`
    the change of both posted ones, so that every event moves the two sides by the same.
    """

    timestamp: int
    type: Pending
    transfer: Transfer
    pending: Transfer | None
    held: int
    posted: int
    debit: Account
    debit_after: Balances
    credit: Account
    credit_after: Balances


@dataclass(slots=True)
class AccountFilter:
    """Transfers or balances of one account; zero means any. Timestamps are inclusive."""

    account_id: int
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    code: int = 0
    timestamp_min: int = 0
    timestamp_max: int = 0
    limit: int = 0
    debits: bool = False
    credits: bool = False
    reversed: bool = False
    reserved: int = 0


@dataclass(slots=True)
class QueryFilter:
    """Accounts or transfers by their fields; zero means any. Timestamps are inclusive."""

    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0
    ledger: int = 0
    code: int = 0
    timestamp_min: int = 0
    timestamp_max: int = 0
    limit: int = 0
    reversed: bool = False
    reserved: int = 0


@dataclass(slots=True)
class ChangeEventsFilter:
    """Changes between two timestamps, inclusive; zero means open."""

    timestamp_min: int = 0
    timestamp_max: int = 0
    limit: int = 0
    reserved: int = 0
