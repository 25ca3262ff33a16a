"""Many callers share a commit, and each gets its own answer."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from tests.foundations.ledger.books import AT_S, FREE, move, open_some
from trama.core.refusals import Refused
from trama.foundations.ledger import queries
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.group import GroupCommit
from trama.foundations.ledger.models import Batch, Posting
from trama.foundations.ledger.orders import NewTransfer, TransferFlag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.data_layer]
ANA, BETO, BEA, _ = FREE
ROOT = Path(__file__).resolve().parents[3]


def test_callers_at_once_share_commits_and_get_their_own_answers() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("its threads would wait for each other's tests; see the file of its own below")
    share_commits()


def test_callers_at_once_on_a_sqlite_file(tmp_path: Path) -> None:
    """In a process of its own, because a test's own database is in memory and one thread's."""
    script = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', 'ledger', skip_checks=True, verbosity=0)\n"
        "from tests.foundations.ledger.test_group import share_commits; share_commits()"
    )
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    kept |= {"TRAMA_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "trama.site.settings"}
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def share_commits() -> None:
    """Two hundred callers on thirty-two threads, two of them with the same source."""
    open_some()
    group = GroupCommit()

    def call(order: NewTransfer) -> str:
        return str(group.post(transfer=order, at_s=AT_S).status)

    orders = [move(f"c:{n}", ANA, BEA, 1) for n in range(200)]
    orders += [move("c:0", ANA, BEA, 2), move("d:0", ANA, "nobody", 2)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(call, orders))
    group.close()
    assert answers[:200].count("created") >= 199
    assert answers[201] == "credit_account_not_found"
    assert {answers[0], answers[200]} == {"created", "exists_with_different_amount"}
    assert Posting.objects.count() == 200
    assert Batch.objects.count() < 150
    assert queries.get_balance_minor(ANA) == 199 + (1 if answers[0] == "created" else 2)
    assert audit().findings == []


@pytest.fixture
def group() -> Iterator[GroupCommit]:
    group = GroupCommit()
    yield group
    group.close()


def test_what_cannot_be_shared_is_refused(group: GroupCommit) -> None:
    for bad, code in (
        (move("a", ANA, BEA, 1, flags=TransferFlag.LINKED), "ledger_link_to_strangers"),
        (move("a", ANA, BEA, -1), "ledger_number_out_of_range"),
    ):
        with pytest.raises(Refused, match=code):
            group.post(transfer=bad, at_s=AT_S)


def test_an_error_reaches_everybody_who_waited(group: GroupCommit) -> None:
    """An instant that no timestamp can hold breaks the commit, and the next one works."""
    if connection.vendor == "sqlite":
        pytest.skip("the database of this test is one thread's")
    open_some()
    with pytest.raises((OverflowError, DatabaseError)):
        group.post(transfer=move("a", ANA, BEA, 1), at_s=2**62)
    assert group.post(transfer=move("b", ANA, BEA, 1), at_s=AT_S).status == "created"
    assert group.post(transfer=move("b", ANA, BEA, 1), at_s=AT_S).status == "exists"
