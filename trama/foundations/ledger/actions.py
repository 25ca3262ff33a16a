"""The only writers of money. Every verb is one transaction and posts once however often it is sent.

Sources and account names are text keys; identifiers derive from them. Amounts are minor units; no
balance passes 2^63 - 1. `at_s` is the instant of the caller; the ledger's own timestamps never go
back, whatever it says. Statuses are those of `trama.foundations.ledger.machine`.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.ledger import admission
from trama.foundations.ledger.currencies import LEDGERS, ledger_of
from trama.foundations.ledger.models import Outbox
from trama.foundations.ledger.orders import (
    AMOUNT_MAX,
    NewAccount,
    NewTransfer,
    Opened,
    Posted,
    Result,
    Status,
    TransferFlag,
)
from trama.foundations.ledger.store import opening
from trama.foundations.ledger.store.batches import Head, locked_head
from trama.foundations.ledger.store.plain import Outcome, Plain, plain_of, post_plain
from trama.foundations.ledger.store.sequential import expire_due, post_sequentially


@transaction.atomic
def open_accounts(*, accounts: Sequence[NewAccount], at_s: int) -> list[Result]:
    """Open accounts; one result each, `created`, `exists` or the reason of the refusal."""
    admission.admit_accounts(accounts)
    return opening.open_sequentially(locked_head(), accounts, at_s) if accounts else []


@transaction.atomic
def open_accounts_columns(*, table: pa.Table, currency: str, at_s: int, flags: int = 0) -> Opened:
    """Open every account of `table` (name: string, code: int) that is not open yet.

    All or nothing: an account that exists with another code, currency or flags is refused by name
    (`Refused.code` is the status, `params["name"]` the account) and nothing is opened.
    """
    admission.admit_accounts_table(table, flags)
    ledger = ledger_of(currency)
    created = 0
    for slice_ in _slices(table):
        names, codes = slice_["name"].to_pylist(), slice_["code"].to_pylist()
        opened = opening.open_columns(
            locked_head(), names, codes, ledger=ledger, flags=flags, at_s=at_s
        )
        if isinstance(opened, opening.Difference):
            raise Refused(
                str(opened.status),
                gettext_noop("The account {name} exists otherwise: {status}."),
                remedy=gettext_noop("Open it as it is, or choose another name."),
                name=opened.name,
                status=str(opened.status),
            )
        created += opened
    return Opened(created, len(table) - created)


@transaction.atomic
def post(*, transfers: Sequence[NewTransfer], at_s: int) -> list[Result]:
    """Post transfers in order, as one batch of at most 100,000; one result each.

    A refused transfer does not hinder the others, except in its linked chain.
    """
    admission.admit_transfers(transfers)
    if not transfers:
        return []
    head = _expired_head(at_s)
    plain = plain_of(transfers)
    if plain is not None and (ledger := LEDGERS.get(transfers[0].currency)):
        outcome = post_plain(head, plain, ledger, at_s)
        if outcome is not None:
            return _results(outcome)
    return post_sequentially(head, transfers, at_s)


@transaction.atomic
def post_columns(*, table: pa.Table, currency: str, at_s: int) -> Posted:
    """Post plain transfers: source, debit, credit (strings), amount_minor, code (integers).

    `debit` and `credit` are names of open accounts. Rows that were posted before, just like that,
    count as existing. All or nothing: the first row that cannot be posted is refused by name
    (`Refused.code` is the status, `params["source"]` the row) and nothing of the call is kept.
    """
    admission.admit_postings_table(table)
    ledger = ledger_of(currency)
    existing = 0
    for slice_ in _slices(table):
        head = _expired_head(at_s)
        outcome = post_plain(head, _plain(slice_), ledger, at_s)
        if outcome is None:
            existing += _post_rows(head, slice_, currency, at_s)
        else:
            existing += int(np.count_nonzero(outcome.existed))
    return Posted(len(table) - existing, existing)


def post_pending(
    *, source: str, pending_source: str, at_s: int, amount_minor: int | None = None
) -> Result:
    """Post what a pending transfer holds, or a part of it; the rest is released."""
    order = NewTransfer(
        source=source,
        pending_source=pending_source,
        amount_minor=AMOUNT_MAX if amount_minor is None else amount_minor,
        flags=TransferFlag.POST_PENDING,
    )
    return post(transfers=[order], at_s=at_s)[0]


def void(*, source: str, pending_source: str, at_s: int) -> Result:
    """Release what a pending transfer holds."""
    order = NewTransfer(
        source=source, pending_source=pending_source, flags=TransferFlag.VOID_PENDING
    )
    return post(transfers=[order], at_s=at_s)[0]


@transaction.atomic
def expire(*, at_s: int) -> int:
    """Release what pending transfers held past their time; how many. Posting does it too."""
    return expire_due(locked_head(), at_s)


def mark_delivered(*, batch: int, at_s: int) -> None:
    """Note that others were told of a batch; telling them again changes nothing here."""
    Outbox.objects.filter(batch_id=batch, delivered_at_s=None).update(delivered_at_s=at_s)


def _expired_head(at_s: int) -> Head:
    head = locked_head()
    return locked_head() if expire_due(head, at_s) else head


def _slices(table: pa.Table) -> list[pa.Table]:
    limit = admission.BATCH_LIMIT
    return [table.slice(start, limit) for start in range(0, len(table), limit)]


def _plain(table: pa.Table) -> Plain:
    count = len(table)
    names = pa.chunked_array(table["debit"].chunks + table["credit"].chunks, pa.string())
    coded = names.combine_chunks().dictionary_encode()
    rows = coded.indices.to_numpy()
    return Plain(
        table["source"].to_pylist(),
        coded.dictionary.to_pylist(),
        rows[:count],
        rows[count:],
        table["amount_minor"].to_numpy().astype(np.int64),
        table["code"].to_numpy().astype(np.int64),
    )


def _post_rows(head: Head, table: pa.Table, currency: str, at_s: int) -> int:
    """Post rows that are not all plain, or refuse the first that cannot be; how many existed."""
    rows = table.select(["source", "debit", "credit", "amount_minor", "code"]).to_pylist()
    orders = [NewTransfer(currency=currency, **row) for row in rows]
    results = post_sequentially(head, orders, at_s)
    for order, result in zip(orders, results, strict=True):
        if result.status not in (Status.CREATED, Status.EXISTS):
            raise Refused(
                str(result.status),
                gettext_noop("{source} was not posted: {status}."),
                remedy=gettext_noop("Nothing of this call was kept; mend this row and send again."),
                source=order.source,
                status=str(result.status),
            )
    return sum(result.status is Status.EXISTS for result in results)


def _results(outcome: Outcome) -> list[Result]:
    return [
        Result(at, Status.EXISTS if existed else Status.CREATED)
        for at, existed in zip(outcome.timestamp_ns.tolist(), outcome.existed.tolist(), strict=True)
    ]
