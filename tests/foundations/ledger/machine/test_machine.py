"""What the tables do not reach: undoing a resolution, expiring in parts, invariants."""

from hypothesis import given
from hypothesis import strategies as st

from trama.foundations.ledger.machine import (
    AMOUNT_MAX,
    Account,
    AccountFlag,
    Machine,
    Pending,
    Status,
    Transfer,
    TransferFlag,
)

SECOND = 1_000_000_000


def machine_with_hold(timeout: int = 5) -> Machine:
    machine = Machine()
    machine.create_accounts([Account(n, ledger=1, code=1) for n in (1, 2, 3)], 10)
    hold = Transfer(
        100, 1, 2, 50, timeout=timeout, ledger=1, code=1, flags=TransferFlag.PENDING, user_data_32=4
    )
    assert machine.create_transfers([hold], 20)[0].status is Status.CREATED
    return machine


def test_a_resolution_in_a_failed_chain_is_undone_and_the_hold_still_expires() -> None:
    for timeout, expired in ((5, 1), (0, 0)):
        machine = machine_with_hold(timeout)
        post = TransferFlag.POST_PENDING | TransferFlag.LINKED
        results = machine.create_transfers(
            [
                Transfer(101, pending_id=100, amount=AMOUNT_MAX, flags=post),
                Transfer(102, 1, 9, 1, ledger=1, code=1),
            ],
            30,
        )
        assert [r.status for r in results] == [
            Status.LINKED_EVENT_FAILED,
            Status.CREDIT_ACCOUNT_NOT_FOUND,
        ]
        assert machine.pending == {100: Pending.PENDING}
        assert machine.accounts[1].debits_pending == 50
        assert len(machine.expire(20 + 5 * SECOND)) == expired


def test_a_hold_undone_with_its_chain_does_not_expire_in_the_stead_of_its_successor() -> None:
    machine = machine_with_hold(timeout=0)
    fields = {"ledger": 1, "code": 1}
    linked = TransferFlag.PENDING | TransferFlag.LINKED
    undone = Transfer(101, 1, 2, 7, timeout=1, flags=linked, **fields)
    machine.create_transfers([undone, Transfer(102, 1, 9, 1, **fields)], 30)
    assert machine.next_expiry() is None
    machine.create_transfers([undone, Transfer(102, 1, 9, 1, **fields)], 40)
    again = Transfer(101, 1, 2, 7, timeout=9, flags=TransferFlag.PENDING, **fields)
    assert machine.create_transfers([again], 50)[0].status is Status.CREATED
    assert machine.next_expiry() == 50 + 9 * SECOND
    assert machine.expire(5 * SECOND) == []
    assert len(machine.expire(10 * SECOND)) == 1


def test_expiring_in_parts_takes_the_earliest_first() -> None:
    machine = machine_with_hold()
    more = [
        Transfer(n, 1, 2, n, timeout=200 - n, ledger=1, code=1, flags=TransferFlag.PENDING)
        for n in (101, 102)
    ]
    machine.create_transfers(more, 40)
    events = [machine.expire(300 * SECOND, limit=2), machine.expire(301 * SECOND, limit=2)]
    assert [[e.transfer.id for e in part] for part in events] == [[100, 102], [101]]
    assert machine.next_expiry() is None
    assert machine.accounts[1].debits_pending == 0


def test_a_resolving_transfer_sent_again_with_other_fields() -> None:
    machine = machine_with_hold()
    first = {"pending_id": 100, "amount": 50, "flags": TransferFlag.POST_PENDING}
    assert machine.create_transfers([Transfer(101, **first)], 30)[0].status is Status.CREATED
    for changes, status in (
        ({"debit_account_id": 3}, Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID),
        ({"credit_account_id": 3}, Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID),
        ({"amount": 49}, Status.EXISTS_WITH_DIFFERENT_AMOUNT),
        ({"amount": AMOUNT_MAX}, Status.EXISTS),
        ({"user_data_32": 5}, Status.EXISTS_WITH_DIFFERENT_USER_DATA_32),
        ({"user_data_32": 4}, Status.EXISTS),
        ({"ledger": 2}, Status.EXISTS_WITH_DIFFERENT_LEDGER),
        ({"code": 2}, Status.EXISTS_WITH_DIFFERENT_CODE),
        ({"timeout": 1}, Status.EXISTS_WITH_DIFFERENT_TIMEOUT),
        ({"pending_id": 99}, Status.EXISTS_WITH_DIFFERENT_PENDING_ID),
    ):
        (result,) = machine.create_transfers([Transfer(101, **(first | changes))], 40)
        assert result.status is status


def test_a_lower_limit_overflows_like_the_widest_and_keeps_the_sentinel() -> None:
    machine = Machine(amount_limit=100)
    machine.create_accounts([Account(n, ledger=1, code=1) for n in (1, 2)], 10)
    hold = Transfer(5, 1, 2, 100, ledger=1, code=1, flags=TransferFlag.PENDING)
    everything = Transfer(6, pending_id=5, amount=AMOUNT_MAX, flags=TransferFlag.POST_PENDING)
    one = Transfer(7, 1, 2, 1, ledger=1, code=1)
    results = machine.create_transfers([hold, everything, one], 20)
    assert [r.status for r in results] == ["created", "created", "overflows_debits_posted"]


TRANSFERS = st.builds(
    Transfer,
    st.integers(1, 20),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 20),
    ledger=st.just(1),
    code=st.just(1),
    flags=st.sampled_from([0, 1, 2, 3, 16, 32, 66, 130]),
)


@given(batches=st.lists(st.lists(TRANSFERS, min_size=1, max_size=10), max_size=5))
def test_debits_equal_credits_whatever_happens(batches: list[list[Transfer]]) -> None:
    machine = Machine()
    limits = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS, AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS
    flags = (0, 0, *limits)
    machine.create_accounts(
        [Account(n, ledger=1, code=1, flags=f) for n, f in enumerate(flags, start=1)], 10
    )
    for number, batch in enumerate(batches, start=1):
        machine.create_transfers(batch, 100 * number)
        accounts = machine.accounts.values()
        assert sum(a.debits_posted - a.credits_posted for a in accounts) == 0
        assert sum(a.debits_pending - a.credits_pending for a in accounts) == 0
        assert sum(e.posted for e in machine.events) == sum(a.debits_posted for a in accounts)
        after = [b for e in machine.events for b in (*e.debit_after[:4], *e.credit_after[:4])]
        assert min(after, default=0) >= 0
        third, fourth = machine.accounts[3], machine.accounts[4]
        assert third.debits_pending + third.debits_posted <= third.credits_posted
        assert fourth.credits_pending + fourth.credits_posted <= fourth.debits_posted
