"""The database itself refuses to have the books changed; and the audit finds it when forced."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from tests.foundations.ledger.books import FREE, hold, move, open_some, post
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.models import Batch

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
ANA, BETO, BEA, _ = FREE
BALANCES = [f"{side}_{name}_minor" for side in ("debit", "credit") for name in (
    "debits_pending", "debits_posted", "credits_pending", "credits_posted")]  # fmt: skip


@pytest.fixture(autouse=True)
def _books(db: object) -> None:
    open_some()
    post(move("a", ANA, BEA, 5), move("b", BETO, BEA, 7))
    post(hold("h", ANA, BEA, 3, timeout_s=60))


def execute(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, values)  # type: ignore[arg-type]
        if connection.vendor == "postgresql":
            return
        connection.check_constraints()


REFUSED = [
    ("UPDATE ledger_posting SET posted_minor = 6 WHERE source = 'a'", "postings_are_append_only"),
    ("UPDATE ledger_posting SET source = 'z' WHERE source = 'a'", "postings_are_append_only"),
    ("DELETE FROM ledger_posting WHERE source = 'b'", "postings_are_append_only"),
    ("UPDATE ledger_account SET code = 2100", "accounts_are_append_only"),
    ("DELETE FROM ledger_account", "accounts_are_append_only"),
    ("UPDATE ledger_batch SET at_s = 1", "batches_are_append_only"),
    ("DELETE FROM ledger_batch", "batches_are_append_only"),
    ("UPDATE ledger_balance SET debits_posted_minor = 9", "balances_follow_postings"),
    ("DELETE FROM ledger_balance", "balances_follow_postings"),
    (
        "INSERT INTO ledger_balance (account_id, debits_pending_minor, debits_posted_minor, "
        "credits_pending_minor, credits_posted_minor, closed, last_posting) "
        "VALUES (99, 0, 0, 0, 0, false, 0)",
        "balances_follow_postings",
    ),
    ("DELETE FROM ledger_outbox", "outbox_rows_are_kept"),
    ("DELETE FROM ledger_hold", "holds_follow_postings"),
    ("UPDATE ledger_hold SET expires_at_ns = 1", "holds_follow_postings"),
]


@pytest.mark.parametrize(("sql", "sentence"), REFUSED)
def test_changing_the_books_is_refused_by_name(sql: str, sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        execute(sql)
    assert audit().findings == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["posting", "account", "batch", "balance", "outbox", "hold"])
def test_emptying_the_books_is_refused(table: str) -> None:
    with pytest.raises(IntegrityError):
        execute(f"TRUNCATE ledger_{table}")


def next_posting(**changes: object) -> dict[str, object]:
    """A posting of 4 that would follow, were it not for `changes`; from Ana to Bea."""
    last = Batch.objects.order_by("-number")[0]
    row = {
        "number": last.first_posting + last.postings,
        "batch_id": last.number + 1,
        "source": "forged",
        "debit_id": 1,
        "credit_id": 3,
        "held_minor": 0,
        "posted_minor": 4,
        "ledger": 484,
        "code": 1,
        "flags": 0,
        "timestamp_ns": last.timestamp_ns + 1,
        **dict(zip(BALANCES, (3, 9, 0, 0, 0, 0, 3, 16), strict=True)),
        "debit_closed": False,
        "credit_closed": False,
    }
    return row | changes


def insert(table: str, row: dict[str, object]) -> None:
    marks = ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_{table} ({', '.join(row)}) VALUES ({marks})",
            list(row.values()),  # type: ignore[arg-type]
        )


def insert_batch(row: dict[str, object], *, sealed: bool = True) -> None:
    """A forged batch of one posting, with its seal."""
    last = Batch.objects.order_by("-number")[0]
    batch = {
        "number": last.number + 1,
        "at_s": 1,
        "timestamp_ns": last.timestamp_ns + 1,
        "first_account": last.first_account + last.accounts,
        "accounts": 0,
        "first_posting": last.first_posting + last.postings,
        "postings": 1,
        "hash": b"0" * 32,
    }
    with transaction.atomic():
        insert("batch", batch)
        insert("posting", row)
        if sealed:
            insert("outbox", {"batch_id": batch["number"]})
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        else:
            connection.check_constraints()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"batch_id": 1}, "postings_arrive_with_their_batch"),
        ({}, "postings_arrive_with_their_batch"),
    ],
)
def test_a_posting_without_its_batch_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        insert("posting", next_posting(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"debit_debits_posted_minor": 10}, "running_balances_follow"),
        ({"credit_credits_posted_minor": 17}, "running_balances_follow"),
        ({"credit_debits_pending_minor": 1}, "running_balances_follow"),
        ({"posted_minor": 5}, "running_balances_follow"),
        ({"debit_id": 99}, "running_balances_follow"),
        ({"credit_id": 99}, "running_balances_follow"),
        ({"credit_id": 1}, "posting_has_two_accounts"),
        ({"posted_minor": -4}, "posting_amounts_have_their_sign"),
        ({"held_minor": -4}, "posting_amounts_have_their_sign"),
        ({"held_minor": 4}, "posting_holds_or_posts"),
        ({"source": "a"}, "source"),
        (
            {
                "resolves": 1,
                "held_minor": -5,
                **dict(zip(BALANCES, (-2, 9, 0, 0, 0, 0, -2, 16), strict=True)),
            },
            "resolving_releases_what_was_held|balances_are_never_below_zero",
        ),
        ({"resolves": 3, "held_minor": -3}, "posting_resolves_at_most_what_was_held"),
    ],
)
def test_a_forged_batch_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        insert_batch(next_posting(**changes))
    assert audit().findings == []


def test_a_batch_that_is_not_sealed_is_refused() -> None:
    with pytest.raises(IntegrityError):
        insert_batch(next_posting(), sealed=False)


def test_a_forged_batch_whose_sums_are_right_is_found_by_its_hash() -> None:
    insert_batch(next_posting())
    assert [f.code for f in audit().findings] == ["hash_differs"]


@contextmanager
def unguarded() -> Iterator[None]:
    """As somebody who owns the database could: with its triggers out of the way.

    To be rolled back; then the triggers are in force again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        yield


TAMPERED = [
    ("UPDATE ledger_posting SET source = 'z' WHERE source = 'a'", {"hash_differs"}),
    (
        "UPDATE ledger_posting SET posted_minor = 6 WHERE source = 'a'",
        {"hash_differs", "running_balance_differs", "balance_differs"},
    ),
    (
        "UPDATE ledger_posting SET debit_debits_posted_minor = 6 WHERE source = 'a'",
        {"hash_differs", "running_balance_differs"},
    ),
    ("UPDATE ledger_posting SET batch_id = 3 WHERE source = 'a'", {"batch_incomplete"}),
    ("DELETE FROM ledger_posting WHERE source = 'h'", {"hash_differs", "batch_incomplete"}),
    ("UPDATE ledger_balance SET debits_posted_minor = 9 WHERE account_id = 1",
     {"balance_differs", "not_zero_sum"}),
    ("UPDATE ledger_balance SET closed = true WHERE account_id = 4", {"balance_differs"}),
    ("DELETE FROM ledger_balance WHERE account_id = 4", {"balance_missing"}),
    ("UPDATE ledger_account SET code = 2100 WHERE number = 1", {"hash_differs"}),
    ("DELETE FROM ledger_account WHERE number = 4", {"hash_differs", "batch_incomplete"}),
    ("UPDATE ledger_batch SET hash = hash WHERE number = 1", set()),
    ("UPDATE ledger_batch SET timestamp_ns = 1 WHERE number = 2", {"batch_out_of_order"}),
    ("DELETE FROM ledger_batch WHERE number = 3", {"rows_without_batch"}),
    ("DELETE FROM ledger_hold", {"hold_differs"}),
    ("DELETE FROM ledger_outbox WHERE batch_id = 1", {"outbox_differs"}),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "codes"), TAMPERED)
def test_the_audit_finds_what_was_forced(
    sql: str, codes: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic(), unguarded(), connection.cursor() as cursor:
        cursor.execute(sql)
        found = {finding.code for finding in audit().findings}
        assert codes <= found
        if codes:
            with pytest.raises(CommandError):
                call_command("verify_ledger", skip_checks=True)
            assert sorted(codes)[0] in capsys.readouterr().err
        transaction.set_rollback(True)
    assert audit().findings == []


def test_verify_ledger_says_what_it_read(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_ledger", skip_checks=True)
    assert "3" in capsys.readouterr().out
