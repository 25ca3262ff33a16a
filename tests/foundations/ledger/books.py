"""Small ledgers for tests: some accounts, and transfers in a few words."""

from collections.abc import Sequence

import pyarrow as pa

from trama.foundations.ledger import actions
from trama.foundations.ledger.orders import NewAccount, NewTransfer, Result, TransferFlag

AT_S = 1_776_000_000
FREE = ("rider:gdl:ana", "rider:gdl:beto", "collected:gdl:bea", "collected:gdl:tisa")
CODES = {"rider": 1100, "collected": 2100, "purse": 2200, "till": 1200}


def open_some(*names: str, flags: int = 0) -> None:
    """Open accounts in pesos; their kind follows from the first word of their name."""
    actions.open_accounts(
        accounts=[
            NewAccount(name=name, code=CODES[name.split(":")[0]], currency="MXN", flags=flags)
            for name in names or FREE
        ],
        at_s=AT_S,
    )


def move(source: str, debit: str, credit: str, amount_minor: int, **more: object) -> NewTransfer:
    """A transfer in pesos."""
    fields = {"code": 1, "currency": "MXN", **more}
    return NewTransfer(
        source=source,
        debit=debit,
        credit=credit,
        amount_minor=amount_minor,
        **fields,  # type: ignore[arg-type]
    )


def hold(
    source: str, debit: str, credit: str, amount_minor: int, timeout_s: int = 0
) -> NewTransfer:
    """A pending transfer in pesos."""
    return move(
        source, debit, credit, amount_minor, flags=TransferFlag.PENDING, timeout_s=timeout_s
    )


def post(*transfers: NewTransfer, at_s: int = AT_S) -> list[str]:
    """Post and give the statuses."""
    return statuses(actions.post(transfers=transfers, at_s=at_s))


def statuses(results: Sequence[Result]) -> list[str]:
    return [str(result.status) for result in results]


def table(rows: Sequence[tuple[str, str, str, int]]) -> pa.Table:
    """Rows of source, debit, credit, amount as the columnar call takes them."""
    source, debit, credit, amount = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "source": pa.array(source, pa.string()),
            "debit": pa.array(debit, pa.string()),
            "credit": pa.array(credit, pa.string()),
            "amount_minor": pa.array(amount, pa.int64()),
            "code": pa.array([1] * len(rows), pa.int32()),
        }
    )
