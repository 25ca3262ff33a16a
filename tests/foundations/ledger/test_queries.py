"""Questions: prefixes, statements in pages, and the trial balance."""

import pytest

from tests.foundations.ledger.books import FREE, hold, move, open_some, post
from trama.core.refusals import Refused
from trama.foundations.ledger import queries

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
ANA, BETO, BEA, TISA = FREE


def test_accounts_and_postings_by_prefix() -> None:
    open_some()
    post(move("charge:gdl:2", ANA, BEA, 2), move("charge:gdl:1", BETO, BEA, 1))
    post(move("refund:gdl:1", BEA, BETO, 1))
    assert [a.name for a in queries.accounts(prefix="rider:gdl:")] == [ANA, BETO]
    assert queries.accounts().count() == 4
    found = queries.postings(source_prefix="charge:gdl:")
    assert [p.source for p in found] == ["charge:gdl:1", "charge:gdl:2"]
    assert queries.postings().count() == 3
    assert [p.source for p in queries.postings_of(BETO)] == ["refund:gdl:1", "charge:gdl:1"]
    assert set(queries.balances([ANA, "nobody"])) == {ANA}


def test_a_statement_is_read_in_pages() -> None:
    open_some()
    post(*(move(f"c:{n}", ANA, BEA, n) for n in range(1, 6)))
    post(move("back", BEA, ANA, 4), hold("h", ANA, TISA, 9))
    first = queries.statement(ANA, limit=3)
    assert [(x.source, x.amount_minor, x.held_minor, x.balance_minor) for x in first] == [
        ("h", 0, 9, 11),
        ("back", -4, 0, 11),
        ("c:5", 5, 0, 15),
    ]
    rest = queries.statement(ANA, before=first[-1].number)
    assert [x.balance_minor for x in rest] == [10, 6, 3, 1]
    assert queries.statement(BEA)[0].amount_minor == -4


def test_the_trial_balance_is_zero() -> None:
    open_some()
    assert queries.trial_balance()[0].difference_minor == 0
    post(move("a", ANA, BEA, 5), hold("h", ANA, BEA, 2))
    (line,) = queries.trial_balance()
    assert (line.currency, line.accounts, line.debits_minor, line.credits_minor) == ("MXN", 4, 5, 5)
    assert (line.debits_pending_minor, line.credits_pending_minor) == (2, 2)


def test_an_unknown_account_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="ledger_account_unknown"):
        queries.statement("nobody")
