"""The verbs: what is posted, what is refused, and that nothing happens twice."""

from typing import Any

import pyarrow as pa
import pytest

from tests.foundations.ledger.books import AT_S, FREE, hold, move, open_some, post, statuses, table
from trama.core.refusals import Refused
from trama.foundations.ledger import actions, admission, queries
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.models import Batch, FailedSource, Hold, Outbox, Posting
from trama.foundations.ledger.orders import (
    AMOUNT_MAX,
    AccountFlag,
    NewAccount,
    NewTransfer,
    Opened,
    Posted,
    TransferFlag,
)

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
ANA, BETO, BEA, TISA = FREE


@pytest.fixture(autouse=True)
def _books_agree(db: Any) -> Any:
    """Whatever a test does, the ledger must agree with itself afterwards."""
    yield
    assert audit().findings == []


def balance(name: str) -> tuple[int, int, int, int]:
    b = queries.get_account(name).balance
    return (
        b.debits_pending_minor,
        b.debits_posted_minor,
        b.credits_pending_minor,
        b.credits_posted_minor,
    )


def test_a_charge_moves_money_from_the_rider_to_who_collected() -> None:
    open_some()
    assert post(move("charge:gdl:1", ANA, BEA, 1100)) == ["created"]
    assert queries.get_balance_minor(ANA) == 1100
    assert queries.get_balance_minor(BEA) == 1100
    (line,) = queries.statement(ANA)
    assert (line.counterpart, line.amount_minor, line.balance_minor) == (BEA, 1100, 1100)


def test_sending_twice_changes_nothing_and_says_when_it_was() -> None:
    open_some()
    (first,) = actions.post(transfers=[move("c:1", ANA, BEA, 5)], at_s=AT_S)
    (again,) = actions.post(transfers=[move("c:1", ANA, BEA, 5)], at_s=AT_S + 9)
    assert (again.status, again.timestamp) == ("exists", first.timestamp)
    assert Posting.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount_minor": 6}, "exists_with_different_amount"),
        ({"code": 2}, "exists_with_different_code"),
        ({"debit": BETO}, "exists_with_different_debit_account_id"),
        ({"credit": TISA}, "exists_with_different_credit_account_id"),
        ({"currency": "USD"}, "exists_with_different_ledger"),
        ({"user_data_128": 7}, "exists_with_different_user_data_128"),
        ({"user_data_64": 7}, "exists_with_different_user_data_64"),
        ({"user_data_32": 7}, "exists_with_different_user_data_32"),
        ({"flags": TransferFlag.PENDING}, "exists_with_different_flags"),
    ],
)
def test_the_same_source_with_other_content_is_named(change: dict[str, Any], status: str) -> None:
    open_some()
    fields = {"source": "c:1", "debit": ANA, "credit": BEA, "amount_minor": 5, "code": 1}
    fields |= {"currency": "MXN"}
    assert post(NewTransfer(**fields)) == ["created"]  # type: ignore[arg-type]
    assert post(NewTransfer(**(fields | change))) == [status]  # type: ignore[arg-type]


def test_user_data_is_kept_and_compared() -> None:
    open_some()
    data = {"user_data_128": 2**127, "user_data_64": 2**62, "user_data_32": 2**31}
    order = move("c:1", ANA, BEA, 5, **data)
    assert post(order, order) == ["created", "exists"]
    assert post(order, move("c:1", ANA, BEA, 5)) == [
        "exists",
        "exists_with_different_user_data_128",
    ]
    assert post(move("c:1", ANA, BEA, 5)) == ["exists_with_different_user_data_128"]


def test_a_hold_is_posted_in_part_and_the_rest_released() -> None:
    open_some()
    assert post(hold("h:1", ANA, BEA, 100)) == ["created"]
    assert balance(ANA) == (100, 0, 0, 0)
    result = actions.post_pending(source="p:1", pending_source="h:1", amount_minor=60, at_s=AT_S)
    assert result.status == "created"
    assert (balance(ANA), balance(BEA)) == ((0, 60, 0, 0), (0, 0, 0, 60))
    assert Hold.objects.count() == 0
    again = actions.post_pending(source="p:1", pending_source="h:1", amount_minor=60, at_s=AT_S)
    assert again.status == "exists"
    late = actions.void(source="v:1", pending_source="h:1", at_s=AT_S)
    assert late.status == "pending_transfer_already_posted"


def test_a_hold_is_posted_whole_or_voided() -> None:
    open_some()
    post(hold("h:1", ANA, BEA, 100), hold("h:2", ANA, BEA, 30))
    assert actions.post_pending(source="p:1", pending_source="h:1", at_s=AT_S).status == "created"
    assert actions.void(source="v:2", pending_source="h:2", at_s=AT_S).status == "created"
    assert balance(ANA) == (0, 100, 0, 0)
    again = actions.void(source="v:2", pending_source="h:2", at_s=AT_S)
    assert again.status == "exists"
    late = actions.post_pending(source="p:2", pending_source="h:2", at_s=AT_S)
    assert late.status == "pending_transfer_already_voided"


def test_a_hold_expires_at_its_time_and_not_before() -> None:
    open_some()
    post(hold("h:1", ANA, BEA, 100, timeout_s=60), hold("h:2", ANA, BEA, 1))
    assert actions.expire(at_s=AT_S + 59) == 0
    assert actions.expire(at_s=AT_S + 61) == 1
    assert balance(ANA) == (1, 0, 0, 0)
    late = actions.post_pending(source="p:1", pending_source="h:1", at_s=AT_S + 62)
    assert late.status == "pending_transfer_expired"
    expiry = Posting.objects.get(source="expired:h:1")
    assert (expiry.held_minor, expiry.posted_minor) == (-100, 0)


def test_posting_expires_what_is_due_first() -> None:
    open_some()
    post(hold("h:1", ANA, BEA, 100, timeout_s=60))
    assert post(move("c:1", ANA, BEA, 5), at_s=AT_S + 100) == ["created"]
    assert balance(ANA) == (0, 5, 0, 0)


def test_a_chain_succeeds_or_fails_whole() -> None:
    open_some()
    linked = TransferFlag.LINKED
    assert post(
        move("a", ANA, BEA, 5, flags=linked),
        move("b", ANA, "nobody", 5),
        move("c", ANA, BEA, 7),
    ) == ["linked_event_failed", "credit_account_not_found", "created"]
    assert balance(ANA) == (0, 7, 0, 0)
    assert FailedSource.objects.get().source == "b"
    open_some("till:gdl:x")
    assert post(move("b", ANA, BEA, 5)) == ["id_already_failed"]
    assert post(move("a", ANA, BEA, 5)) == ["created"]


def test_a_limited_account_takes_what_it_has_and_not_more() -> None:
    open_some("purse:gdl:ana", flags=AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
    open_some("till:gdl:x", "collected:gdl:bea")
    purse = "purse:gdl:ana"
    assert post(move("top-up", "till:gdl:x", purse, 50)) == ["created"]
    assert post(move("c:1", purse, BEA, 30), move("c:2", purse, BEA, 30)) == [
        "created",
        "exceeds_credits",
    ]
    assert post(move("c:2", purse, BEA, 1)) == ["id_already_failed"]
    rest = move("c:3", purse, BEA, AMOUNT_MAX, flags=TransferFlag.BALANCING_DEBIT)
    assert post(rest) == ["created"]
    assert balance(purse) == (0, 50, 0, 50)
    assert post(rest) == ["exists"]


def test_a_closing_transfer_closes_until_it_is_voided() -> None:
    open_some()
    closing = TransferFlag.PENDING | TransferFlag.CLOSING_DEBIT
    assert post(move("close", ANA, BEA, 0, flags=closing)) == ["created"]
    assert queries.get_account(ANA).balance.closed
    assert post(move("c:1", ANA, BEA, 5)) == ["debit_account_already_closed"]
    assert actions.void(source="open", pending_source="close", at_s=AT_S).status == "created"
    assert not queries.get_account(ANA).balance.closed
    assert post(move("c:2", ANA, BEA, 5)) == ["created"]


def test_a_balance_never_passes_what_the_tables_hold() -> None:
    open_some()
    assert post(move("a", ANA, BEA, 2**63 - 1)) == ["created"]
    assert post(move("b", ANA, TISA, 1)) == ["overflows_debits_posted"]
    assert post(move("c", ANA, TISA, AMOUNT_MAX)) == ["overflows_debits_posted"]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (move("a", ANA, ANA, 1), "accounts_must_be_different"),
        (move("a", "", BEA, 1), "debit_account_id_must_not_be_zero"),
        (move("", ANA, BEA, 1), "id_must_not_be_zero"),
        (move("a", ANA, BEA, 1, currency=""), "ledger_must_not_be_zero"),
        (move("a", ANA, BEA, 1, code=0), "code_must_not_be_zero"),
        (move("a", ANA, BEA, 1, currency="USD"), "transfer_must_have_the_same_ledger_as_accounts"),
        (move("a", ANA, BEA, 1, flags=1024), "reserved_flag"),
        (move("a", ANA, BEA, 1, flags=1), "linked_event_chain_open"),
        (move("a", ANA, BEA, 1, timeout_s=1), "timeout_reserved_for_pending_transfer"),
    ],
)
def test_what_cannot_be_posted_says_why(order: NewTransfer, status: str) -> None:
    open_some()
    assert post(order) == [status]
    assert Posting.objects.count() == 0


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (move("x" * 201, ANA, BEA, 1), "ledger_key_unkeepable"),
        (move("a\0", ANA, BEA, 1), "ledger_key_unkeepable"),
        (move("expired:a", ANA, BEA, 1), "ledger_source_reserved"),
        (move("a", ANA, BEA, 1, currency="XXX"), "ledger_currency_unknown"),
        (move("a", ANA, BEA, -1), "ledger_number_out_of_range"),
        (move("a", ANA, BEA, 1, code=65_536), "ledger_number_out_of_range"),
        (move("a", ANA, BEA, 1, user_data_64=2**63), "ledger_number_out_of_range"),
        (move("a", ANA, BEA, 1, flags=TransferFlag.IMPORTED), "ledger_imports_nothing"),
    ],
)
def test_what_is_no_order_is_refused_whole(order: NewTransfer, code: str) -> None:
    open_some()
    with pytest.raises(Refused) as refusal:
        post(move("good", ANA, BEA, 1), order)
    assert refusal.value.code == code
    assert Posting.objects.count() == 0


def test_a_batch_has_a_limit() -> None:
    with pytest.raises(Refused, match="ledger_batch_too_large"):
        post(*[move("a", ANA, BEA, 1)] * (admission.BATCH_LIMIT + 1))
    assert post() == []
    assert actions.open_accounts(accounts=[], at_s=AT_S) == []


def test_opening_is_idempotent_and_names_differences() -> None:
    wanted = NewAccount(name="rider:gdl:ana", code=1100, currency="MXN", user_data_64=9)

    def opened(*accounts: NewAccount) -> list[str]:
        return statuses(actions.open_accounts(accounts=accounts, at_s=AT_S))

    assert opened(wanted, wanted) == ["created", "exists"]
    assert opened(wanted) == ["exists"]
    other = NewAccount(name="rider:gdl:ana", code=1101, currency="MXN", user_data_64=9)
    assert opened(other) == ["exists_with_different_code"]
    assert opened(NewAccount(name="", code=1100, currency="MXN")) == ["id_must_not_be_zero"]
    assert opened(NewAccount(name="x", code=1100, currency="")) == ["ledger_must_not_be_zero"]
    for bad, code in (
        (NewAccount(name="x", code=600, currency="MXN"), "ledger_account_without_kind"),
        (NewAccount(name="x", code=1100, currency="XXX"), "ledger_currency_unknown"),
        (NewAccount(name="x", code=1100, currency="MXN", flags=16), "ledger_imports_nothing"),
    ):
        with pytest.raises(Refused, match=code):
            opened(bad)


def accounts_table(**codes: int) -> pa.Table:
    return pa.table({"name": list(codes), "code": pa.array(list(codes.values()), pa.int32())})


def test_opening_in_columns() -> None:
    def opened(**codes: int) -> Opened:
        return actions.open_accounts_columns(
            table=accounts_table(**codes), currency="MXN", at_s=AT_S
        )

    assert opened(a=1100, b=1100) == Opened(2, 0)
    assert opened(b=1100, c=1200) == Opened(1, 1)
    assert opened(a=1100) == Opened(0, 1)
    with pytest.raises(Refused, match="exists_with_different_code"):
        opened(d=1100, a=1200)
    assert queries.find_account("d") is None


@pytest.mark.parametrize(
    ("table", "flags", "code"),
    [
        (accounts_table(a=900), 0, "ledger_account_without_kind"),
        (accounts_table(a=1100), AccountFlag.IMPORTED, "ledger_imports_nothing"),
        (accounts_table(a=1100), -1, "ledger_number_out_of_range"),
        (pa.table({"name": ["a", "a"], "code": [1100, 1100]}), 0, "ledger_account_named_twice"),
        (pa.table({"name": [""], "code": [1100]}), 0, "ledger_key_unkeepable"),
        (pa.table({"name": ["a"]}), 0, "ledger_column_missing"),
        (pa.table({"name": ["a"], "code": ["1"]}), 0, "ledger_column_missing"),
        (
            pa.table({"name": ["a"], "code": pa.array([None], pa.int8())}),
            0,
            "ledger_column_has_gaps",
        ),
    ],
)
def test_a_table_of_accounts_that_cannot_be_kept(table: pa.Table, flags: int, code: str) -> None:
    with pytest.raises(Refused, match=code):
        actions.open_accounts_columns(table=table, currency="MXN", at_s=AT_S, flags=flags)


ROWS = [("c:1", ANA, BEA, 5), ("c:2", BETO, BEA, 6), ("c:3", BEA, ANA, 1)]


def columns(rows: list[tuple[str, str, str, int]]) -> Posted:
    return actions.post_columns(table=table(rows), currency="MXN", at_s=AT_S)


def test_columns_post_once() -> None:
    open_some()
    assert columns(ROWS[:2]) == Posted(2, 0)
    assert columns(ROWS) == Posted(1, 2)
    assert columns(ROWS) == Posted(0, 3)
    assert columns([]) == Posted(0, 0)
    assert balance(BEA) == (0, 1, 0, 11)


def test_columns_with_a_row_twice_or_a_limited_account_that_suffices() -> None:
    open_some()
    assert columns([*ROWS, ROWS[0]]) == Posted(3, 1)
    open_some("purse:gdl:x", flags=AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)
    assert columns([("d:1", "purse:gdl:x", ANA, 5), ("d:2", ANA, "purse:gdl:x", 5)]) == Posted(2, 0)
    with pytest.raises(Refused, match="exceeds_debits"):
        columns([("d:3", ANA, "purse:gdl:x", 1)])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("c:1", ANA, BEA, 6), "exists_with_different_amount"),
        (("c:9", ANA, "nobody", 6), "credit_account_not_found"),
        (("c:9", ANA, ANA, 6), "accounts_must_be_different"),
        (("c:9", ANA, BEA, -6), "ledger_number_out_of_range"),
        (("c:9", ANA, BEA, 2**63 - 1), "overflows_debits_posted"),
        (("expired:9", ANA, BEA, 6), "ledger_source_reserved"),
    ],
)
def test_columns_are_refused_whole(row: tuple[str, str, str, int], code: str) -> None:
    open_some()
    columns(ROWS)
    with pytest.raises(Refused, match=code):
        columns([("c:new", ANA, BEA, 3), row])
    assert queries.find_posting("c:new") is None


def test_columns_of_another_currency_or_closed_account_or_failed_source() -> None:
    open_some()
    with pytest.raises(Refused, match="transfer_must_have_the_same_ledger"):
        actions.post_columns(table=table(ROWS), currency="USD", at_s=AT_S)
    post(move("f:1", ANA, "nobody", 1))
    with pytest.raises(Refused, match="id_already_failed"):
        columns([("f:1", ANA, BEA, 1)])
    assert columns(ROWS) == Posted(3, 0)
    closing = TransferFlag.PENDING | TransferFlag.CLOSING_CREDIT
    post(move("close", ANA, TISA, 0, flags=closing))
    with pytest.raises(Refused, match="credit_account_already_closed"):
        columns([("g:1", ANA, TISA, 1)])


def test_every_batch_has_its_outbox_row_until_delivered() -> None:
    open_some()
    columns(ROWS)
    waiting = list(queries.undelivered())
    assert [row.batch.postings for row in waiting] == [0, 3]
    actions.mark_delivered(batch=waiting[0].batch_id, at_s=AT_S)
    assert [row.batch_id for row in queries.undelivered()] == [waiting[1].batch_id]
    assert Outbox.objects.count() == Batch.objects.count()
    assert [p.source for p in queries.postings_of_batch(waiting[1].batch)] == ["c:1", "c:2", "c:3"]


def test_time_never_goes_back() -> None:
    open_some()
    post(move("a", ANA, BEA, 1), at_s=AT_S + 100)
    post(move("b", ANA, BEA, 1), at_s=AT_S)
    first, second = Posting.objects.order_by("number")
    assert first.timestamp_ns < second.timestamp_ns
    assert Batch.objects.order_by("-number")[0].at_s == AT_S
