"""The ledger's state machine: pure, sequential, in memory.

It follows the published semantics of TigerBeetle (two-phase transfers, linked chains, balancing and
closing transfers, idempotence by identifier, every result by its name) with one parameter of our
own: the largest amount a balance may hold.
"""

from trama.foundations.ledger.machine.records import (
    AMOUNT_MAX,
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
from trama.foundations.ledger.machine.state import Machine

__all__ = [
    "AMOUNT_MAX",
    "Account",
    "AccountFilter",
    "AccountFlag",
    "Balances",
    "ChangeEventsFilter",
    "Event",
    "Machine",
    "Pending",
    "QueryFilter",
    "Result",
    "Status",
    "Transfer",
    "TransferFlag",
]
