"""Many callers share a commit, and each gets its own answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, connections, transaction

from tests.foundations.ledger.books import AT_S, FREE, move, open_some
from trama.core.refusals import Refused
from trama.foundations.ledger import queries
from trama.foundations.ledger.audit import audit
from trama.foundations.ledger.group import GroupCommit
from trama.foundations.ledger.models import Batch, Posting
from trama.foundations.ledger.orders import NewTransfer, TransferFlag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.data_layer]
ANA, BETO, BEA, _ = FREE


def test_callers_at_once_share_commits_and_get_their_own_answers() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads do not share this in-memory database")
    open_some()
    group = GroupCommit()

    def call(order: NewTransfer) -> str:
        try:
            return str(group.post(transfer=order, at_s=AT_S).status)
        finally:
            connections.close_all()

    orders = [move(f"c:{n}", ANA, BEA, 1) for n in range(200)]
    orders += [move("c:0", ANA, BEA, 2), move("d:0", ANA, "nobody", 2)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(call, orders))
    assert answers[:200].count("created") >= 199
    assert answers[201] == "credit_account_not_found"
    assert {answers[0], answers[200]} == {"created", "exists_with_different_amount"}
    assert Posting.objects.count() == 200
    assert Batch.objects.count() < 150
    assert queries.get_balance_minor(ANA) == 199 + (1 if answers[0] == "created" else 2)
    assert audit().findings == []
    close_old_connections()


def test_one_caller_alone() -> None:
    open_some()
    group = GroupCommit()
    assert group.post(transfer=move("a", ANA, BEA, 1), at_s=AT_S).status == "created"
    assert group.post(transfer=move("a", ANA, BEA, 1), at_s=AT_S).status == "exists"


def test_what_cannot_be_shared_is_refused() -> None:
    open_some()
    group = GroupCommit()
    with pytest.raises(Refused, match="ledger_link_to_strangers"):
        group.post(transfer=move("a", ANA, BEA, 1, flags=TransferFlag.LINKED), at_s=AT_S)
    with pytest.raises(Refused, match="ledger_number_out_of_range"):
        group.post(transfer=move("a", ANA, BEA, -1), at_s=AT_S)
    with transaction.atomic(), pytest.raises(RuntimeError):
        group.post(transfer=move("a", ANA, BEA, 1), at_s=AT_S)
    assert group.post(transfer=move("b", ANA, BEA, 1), at_s=AT_S).status == "created"
