"""The only writers of money. Every verb is one transaction and posts once however often it is sent.

Sources and account names are text keys; identifiers derive from them. Amounts are minor units, up
to `AMOUNT_LIMIT` in any balance. `at_s` is the instant of the caller; the ledger's own timestamps
never go back, whatever it says.
"""

from collections.abc import Sequence

import pyarrow as pa

from trama.foundations.ledger.orders import NewAccount, NewTransfer, Opened, Posted, Result


def open_accounts(*, accounts: Sequence[NewAccount], at_s: int) -> list[Result]:
    """Open accounts; one result each, `created`, `exists` or the reason of the refusal."""
    raise NotImplementedError


def open_accounts_columns(*, table: pa.Table, currency: str, at_s: int, flags: int = 0) -> Opened:
    """Open every account of `table` (name: string, code: int) that is not open yet.

    All or nothing: an account that exists with another code, currency or flags is refused by name
    (`Refused.code` is the status, `params["name"]` the account) and nothing is opened.
    """
    raise NotImplementedError


def post(*, transfers: Sequence[NewTransfer], at_s: int) -> list[Result]:
    """Post transfers in order, as one batch of at most 100,000; one result each.

    A refused transfer does not hinder the others, except in its linked chain.
    """
    raise NotImplementedError


def post_columns(*, table: pa.Table, currency: str, at_s: int) -> Posted:
    """Post plain transfers: source, debit, credit (strings), amount_minor, code (integers).

    `debit` and `credit` are names of open accounts. Rows that were posted before, just like that,
    count as existing. All or nothing: the first row that cannot be posted is refused by name
    (`Refused.code` is the status, `params["source"]` the row) and nothing of the call is kept.
    """
    raise NotImplementedError


def post_pending(
    *, source: str, pending_source: str, at_s: int, amount_minor: int | None = None
) -> Result:
    """Post what a pending transfer holds, or a part of it; the rest is released."""
    raise NotImplementedError


def void(*, source: str, pending_source: str, at_s: int) -> Result:
    """Release what a pending transfer holds."""
    raise NotImplementedError


def expire(*, at_s: int) -> int:
    """Release what pending transfers held past their time; how many. Posting does it too."""
    raise NotImplementedError
