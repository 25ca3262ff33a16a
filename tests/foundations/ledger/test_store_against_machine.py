"""The store gives what the pure machine gives, however the transfers come and are sliced."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.foundations.ledger.books import AT_S, move, statuses, table
from trama.core.identifiers import identifier_of
from trama.core.refusals import Refused
from trama.foundations.ledger import actions, queries
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.machine import Account, Machine, Transfer
from trama.foundations.ledger.models import Posting
from trama.foundations.ledger.orders import (
    AMOUNT_MAX,
    AccountFlag,
    NewAccount,
    NewTransfer,
    Posted,
    TransferFlag,
)

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
LIMIT = 2**63 - 1
ACCOUNTS = {
    "free:a": 0,
    "free:b": 0,
    "debtor:c": AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS,
    "creditor:d": AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS,
}
SOURCES = [f"s:{n}" for n in range(12)]
FLAGS = [
    0,
    0,
    TransferFlag.LINKED,
    TransferFlag.PENDING,
    TransferFlag.PENDING | TransferFlag.LINKED,
    TransferFlag.PENDING | TransferFlag.CLOSING_DEBIT,
    TransferFlag.POST_PENDING,
    TransferFlag.VOID_PENDING,
    TransferFlag.BALANCING_DEBIT,
    TransferFlag.BALANCING_CREDIT,
]


def order(
    source: str, flags: int, *, debit: str, credit: str, amount: int, pending: str, timeout: int
) -> NewTransfer:
    resolves = flags & (TransferFlag.POST_PENDING | TransferFlag.VOID_PENDING)
    return NewTransfer(
        source=source,
        debit="" if resolves else debit,
        credit="" if resolves else credit,
        amount_minor=amount,
        code=0 if resolves else 1,
        currency="" if resolves else "MXN",
        flags=flags,
        pending_source=pending if resolves else "",
        timeout_s=timeout if flags & TransferFlag.PENDING else 0,
    )


ORDERS = st.builds(
    order,
    st.sampled_from(SOURCES),
    st.sampled_from(FLAGS),
    debit=st.sampled_from([*ACCOUNTS, "nobody"]),
    credit=st.sampled_from([*ACCOUNTS, "nobody"]),
    amount=st.one_of(st.integers(0, 30), st.sampled_from([LIMIT, LIMIT - 20, AMOUNT_MAX])),
    pending=st.sampled_from(SOURCES),
    timeout=st.sampled_from([0, 0, 1, 5]),
)
BATCHES = st.lists(
    st.tuples(st.integers(0, 4), st.lists(ORDERS, min_size=1, max_size=8)), min_size=1, max_size=6
)


def identifier(key: str) -> int:
    return identifier_of(key) if key else 0


def on_machine(machine: Machine, orders: list[NewTransfer], timestamp: int) -> list[Any]:
    return machine.create_transfers(
        [
            Transfer(
                id=identifier(t.source),
                debit_account_id=identifier(t.debit),
                credit_account_id=identifier(t.credit),
                amount=t.amount_minor,
                pending_id=identifier(t.pending_source),
                timeout=t.timeout_s,
                ledger=484 if t.currency else 0,
                code=t.code,
                flags=t.flags,
            )
            for t in orders
        ],
        timestamp,
    )


def fresh_machine() -> Machine:
    machine = Machine(amount_limit=LIMIT)
    accounts = [
        Account(identifier(name), ledger=484, code=1100, flags=flags)
        for name, flags in ACCOUNTS.items()
    ]
    machine.create_accounts(accounts, AT_S * 10**9)
    return machine


def open_all() -> None:
    actions.open_accounts(
        accounts=[
            NewAccount(name=name, code=1100, currency="MXN", flags=flags)
            for name, flags in ACCOUNTS.items()
        ],
        at_s=AT_S,
    )


def stored() -> dict[int, tuple[int, int, int, int, bool]]:
    return {
        identifier(a.name): (
            a.balance.debits_pending_minor,
            a.balance.debits_posted_minor,
            a.balance.credits_pending_minor,
            a.balance.credits_posted_minor,
            a.balance.closed,
        )
        for a in queries.accounts()
    }


def computed(machine: Machine) -> dict[int, tuple[int, int, int, int, bool]]:
    return {
        a.id: (
            a.debits_pending,
            a.debits_posted,
            a.credits_pending,
            a.credits_posted,
            bool(a.flags & AccountFlag.CLOSED),
        )
        for a in machine.accounts.values()
    }


EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(batches=BATCHES)
def test_random_batches(batches: list[tuple[int, list[NewTransfer]]]) -> None:
    with transaction.atomic():
        machine, now_s, last = fresh_machine(), AT_S, AT_S * 10**9
        open_all()
        for step_s, orders in batches:
            now_s += step_s
            due = machine.next_expiry()
            if due is not None and due <= max(now_s * 10**9, last):
                waiting = sum(
                    e <= max(now_s * 10**9, last)
                    for e, _, i in machine._expiries
                    if machine.pending[i] == "two_phase_pending"
                )
                last = max(now_s * 10**9, last + waiting)
                machine.expire(last)
            results = actions.post(transfers=orders, at_s=now_s)
            written = Posting.objects.order_by("-number").first()
            expected = on_machine(machine, orders, max(now_s * 10**9, last + len(orders)))
            assert statuses(results) == statuses(expected)
            if written is not None:
                last = max(last, written.batch.timestamp_ns)
        assert stored() == computed(machine)
        assert audit().findings == []
        transaction.set_rollback(True)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["free:a", "free:b", "debtor:c"]),
        st.sampled_from(["creditor:d", "free:b"]),
        st.integers(0, 50),
    ).filter(lambda row: row[0] != row[1]),
    max_size=30,
)


@EXAMPLES
@given(rows=ROWS, cut=st.integers(0, 30))
def test_columns_in_any_slices_are_what_the_machine_makes_of_them(
    rows: list[tuple[str, str, int]], cut: int
) -> None:
    """When all succeed they are posted, and again they exist; when one fails nothing is kept."""
    numbered = [(f"r:{n}", *row) for n, row in enumerate(rows)]
    with transaction.atomic():
        machine = fresh_machine()
        open_all()
        orders = [move(*row) for row in numbered]
        results = statuses(on_machine(machine, orders, 2 * AT_S * 10**9)) if orders else []
        if set(results) <= {"created"}:
            for part in (numbered[:cut], numbered[cut:]):
                posted = actions.post_columns(table=table(part), currency="MXN", at_s=AT_S)
                assert posted == Posted(len(part), 0)
            again = actions.post_columns(table=table(numbered), currency="MXN", at_s=AT_S)
            assert again == Posted(0, len(numbered))
            assert stored() == computed(machine)
        else:
            with pytest.raises(Refused) as refusal, transaction.atomic():
                actions.post_columns(table=table(numbered), currency="MXN", at_s=AT_S)
            first = next(status for status in results if status != "created")
            assert refusal.value.code == first
            assert Posting.objects.count() == 0
        assert audit().findings == []
        transaction.set_rollback(True)
