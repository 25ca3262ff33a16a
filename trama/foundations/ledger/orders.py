"""What a caller hands to the ledger, and what it gets back."""

from dataclasses import dataclass

from trama.foundations.ledger.machine import AMOUNT_MAX, AccountFlag, Result, Status, TransferFlag

__all__ = [
    "AMOUNT_MAX",
    "AccountFlag",
    "NewAccount",
    "NewTransfer",
    "Opened",
    "Posted",
    "Result",
    "Status",
    "TransferFlag",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to open. `name` is its text key (`rider:gdl:ABC`), `code` its kind (1000..5999:
    assets, liabilities, equity, income, expenses), `flags` bits of `AccountFlag`."""

    name: str
    code: int
    currency: str
    flags: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """A transfer to post. `source` is the text key that makes it happen once; `debit` and `credit`
    are account names; `flags` are bits of `TransferFlag`; `pending_source` names the transfer that
    a posting or voiding one resolves, and then what is left empty is taken from that one."""

    source: str
    debit: str = ""
    credit: str = ""
    amount_minor: int = 0
    code: int = 0
    currency: str = ""
    flags: int = 0
    pending_source: str = ""
    timeout_s: int = 0
    user_data_128: int = 0
    user_data_64: int = 0
    user_data_32: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """How many accounts were opened, and how many were there already just like that."""

    created: int
    existing: int


@dataclass(frozen=True, slots=True)
class Posted:
    """How many transfers were posted, and how many had been posted before just like that."""

    created: int
    existing: int
