"""What `bench.ledger` times, on whichever database the process was given."""

import threading
import time
from typing import Any

import numpy as np
import pyarrow as pa

from trama.foundations.ledger import actions, queries
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.group import GroupCommit
from trama.foundations.ledger.orders import NewTransfer

ACCOUNTS = 10_000
TRANSFERS = 100_000
BATCH = 8_190
CALLERS = 256
EACH = 24
AT_S = 1_776_000_000
NAMES = [f"rider:gdl:{n:05}" for n in range(ACCOUNTS)]


def runs() -> dict[str, Any]:
    """Transfers a second by name, and the balances at the end."""
    codes = pa.array([1100] * ACCOUNTS, pa.int32())
    accounts = pa.table({"name": NAMES, "code": codes})
    actions.open_accounts_columns(table=accounts, currency="MXN", at_s=AT_S)
    post(transfers("warm", BATCH, 1))
    rates = {
        f"batches of {BATCH:,}": timed(transfers("many", TRANSFERS, 2), BATCH),
        f"one batch of {TRANSFERS:,}": timed(transfers("one", TRANSFERS, 3), TRANSFERS),
        "one batch, hot account": timed(transfers("hot", TRANSFERS, 4, hot=True), TRANSFERS),
        "group commit": grouped("group", hot=False),
        "group commit, hot account": grouped("group-hot", hot=True),
    }
    found = audit()
    assert found.differences == 0, found.findings
    line = queries.trial_balance()[0]
    balances = queries.balances(NAMES[:500])
    sums = [[b.debits_posted_minor, b.credits_posted_minor] for _, b in sorted(balances.items())]
    return {**rates, "balances": [line.debits_minor, line.credits_minor, sums]}


def transfers(tag: str, count: int, seed: int, *, hot: bool = False) -> pa.Table:
    """Random transfers; all to one account when `hot`."""
    chance = np.random.default_rng(seed)
    debit = chance.integers(1, ACCOUNTS, count)
    credit = np.zeros_like(debit) if hot else (debit + chance.integers(1, ACCOUNTS, count))
    names = np.array(NAMES)
    return pa.table(
        {
            "source": [f"{tag}:gdl:2026-04-15:{n:07}" for n in range(count)],
            "debit": names[debit].tolist(),
            "credit": names[credit % ACCOUNTS].tolist(),
            "amount_minor": chance.integers(0, 5_000, count),
            "code": pa.array([1] * count, pa.int32()),
        }
    )


def post(table: pa.Table) -> None:
    """One durable batch."""
    posted = actions.post_columns(table=table, currency="MXN", at_s=AT_S)
    assert posted.created == len(table)


def timed(table: pa.Table, batch: int) -> float:
    """Transfers a second, each slice of `batch` a commit of its own."""
    begun = time.perf_counter()
    for start in range(0, len(table), batch):
        post(table.slice(start, batch))
    return len(table) / (time.perf_counter() - begun)


def grouped(tag: str, *, hot: bool) -> float:
    """Single transfers of many callers at once, a second."""
    group = GroupCommit()
    ready = threading.Barrier(CALLERS + 1)

    def call(caller: int) -> None:
        ready.wait()
        for n in range(EACH):
            credit = NAMES[0] if hot else NAMES[(caller * 31 + n) % ACCOUNTS]
            order = NewTransfer(
                source=f"{tag}:{caller}:{n}",
                debit=NAMES[ACCOUNTS - 1 - caller],
                credit=credit,
                amount_minor=n,
                code=1,
                currency="MXN",
            )
            assert group.post(transfer=order, at_s=AT_S).status == "created"

    threads = [threading.Thread(target=call, args=(n,)) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    group.close()
    return CALLERS * EACH / seconds
