"""The ledger's pages: zero, one account, one source, the journal; and whose they are."""

import re

import pytest

from tests.programmes.mobility.aldea import MONDAY
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.test_open_pages import read
from trama.foundations.ledger.actions import open_accounts
from trama.foundations.ledger.orders import NewAccount
from trama.foundations.ledger.queries import find_last_batch, postings
from trama.foundations.registry.models import City
from trama.programmes.mobility.views import ledger as pages

pytestmark = pytest.mark.django_db
LEDGER = "/aldea/ledger/"


def account(name: str) -> str:
    return f"{LEDGER}accounts/{name}/"


@pytest.mark.parametrize(
    "address",
    [LEDGER, f"{LEDGER}sources/", f"{LEDGER}journal.beancount", account("rider:aldea:ANA")],
)
@pytest.mark.parametrize(
    ("username", "answer"),
    [
        *(("clara", 200), ("iris", 200)),
        *(("vera", 403), ("iker", 403), ("alba", 403), ("nadia", 403), ("", 302)),
    ],
)
def test_the_ledger_is_the_back_offices(
    as_user: Visit, address: str, username: str, answer: int
) -> None:
    assert as_user(username).get(address).status_code == answer


@pytest.mark.parametrize("kind", ["cash", "collected", "earned", "settlement", "held", "excess"])
def test_an_operator_opens_its_own_accounts(as_user: Visit, kind: str) -> None:
    address = account(f"{kind}:aldea:alfa")
    asked = ("alba", "clara", "berta", "vito", "vera", "nadia")
    assert [as_user(who).get(address).status_code for who in asked] == [
        200,
        200,
        403,
        403,
        403,
        403,
    ]


def test_an_account_of_another_city_is_not_of_this_one(as_user: Visit) -> None:
    open_accounts(accounts=[NewAccount(name="cash:vacia:alfa", code=1000, currency="MXN")], at_s=1)
    assert as_user("vera").get("/vacia/ledger/accounts/cash:vacia:alfa/").status_code == 200
    assert as_user("clara").get(account("cash:vacia:alfa")).status_code == 403
    assert as_user("vera").get("/vacia/ledger/accounts/cash:aldea:alfa/").status_code == 403
    assert as_user("clara").get(account("cash:aldea:omega")).status_code == 404


def test_debits_less_credits_are_nothing(as_user: Visit) -> None:
    said = read(as_user, LEDGER, "clara")
    equation = re.search(r"(\$[\d.]+) debits − less (\$[\d.]+) credits = is (\S+)", said)
    assert equation is not None
    assert equation[1] == equation[2] != "$0.00"
    assert equation[3] == "$0.00"


def test_every_kind_is_told_in_words_and_the_accounts_are_listed(as_user: Visit) -> None:
    said = read(as_user, f"{LEDGER}?kind=rider", "clara")
    assert "What a rider was charged and has not paid yet." in said
    assert "+$33.25" in said
    found = read(as_user, f"{LEDGER}?kind=rider&name=LU", "clara")
    assert "LUZ" in found
    assert "ANA" not in found
    assert as_user("clara").get(f"{LEDGER}?kind=purse").status_code == 404


def test_the_seal_is_that_of_the_last_batch(as_user: Visit) -> None:
    batch = find_last_batch()
    assert batch is not None
    assert bytes(batch.hash).hex() in read(as_user, LEDGER, "iris")


def test_a_balance_stands_beside_every_posting(as_user: Visit) -> None:
    said = read(as_user, account("collected:aldea:alfa"), "clara")
    assert "Balance $0.00" in said
    # newest first: revision 1 cleared what it had charged
    assert said.index("r1/ clearing") < said.index("r1/ charge") < said.index("r0/ clearing")
    assert "– $9.50 $9.50" in said


def test_an_operator_finds_no_token_in_full_in_its_account(as_user: Visit) -> None:
    html = as_user("alba").get(account("collected:aldea:alfa")).content.decode()
    plain = html.replace("<wbr>", "")
    assert "/charge/…ANA/alfa" in plain
    assert "rider:aldea:…ANA" in plain
    assert "/charge/ANA/" not in plain
    assert "rider:aldea:ANA" not in plain
    assert "/riders/" not in plain


def test_an_account_is_paged_without_a_gap(as_user: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROWS_A_PAGE", 3)
    client, address, seen = as_user("clara"), account("collected:aldea:alfa"), []
    path = ""
    while True:
        html = client.get(address + path).content.decode()
        seen += re.findall(r'<th scope="row" class="num">([\d,]+)</th>', html)
        older = re.search(r'rel="next" href="(\?before=\d+)"', html)
        if older is None:
            break
        path = older[1]
    of_account = [
        p.number
        for p in postings(source_prefix="mobility/aldea/")
        if "collected:aldea:alfa" in (p.debit.name, p.credit.name)
    ]
    assert [int(n.replace(",", "")) for n in seen] == sorted(of_account, reverse=True)
    assert client.get(f"{address}?before=soon").status_code == 200
    assert client.get(f"{address}?before={'9' * 40}").status_code == 200


def test_sources_are_found_by_their_beginning_and_within_the_city(as_user: Visit) -> None:
    source = f"mobility/aldea/{MONDAY}/r0/clearing/"
    said = read(as_user, f"{LEDGER}sources/?source={source}", "clara")
    assert "8 postings begin like that." in said
    foreign = read(as_user, f"{LEDGER}sources/?source=mobility/vacia/", "clara")
    assert "Sources of Aldea begin with “mobility/aldea/”." in foreign
    assert "Postings by source Source Debit" not in foreign


def test_the_journal_holds_the_citys_books_and_no_others(aldea: City, as_user: Visit) -> None:
    open_accounts(accounts=[NewAccount(name="rider:vacia:X", code=1100, currency="MXN")], at_s=1)
    response = as_user("clara").get(f"{LEDGER}journal.beancount")
    assert response.headers["Content-Disposition"] == 'attachment; filename="aldea.beancount"'
    journal = b"".join(response).decode()
    assert journal.count(" * ") == postings(source_prefix="mobility/aldea/").count()
    assert "Assets:Rider:Aldea:ANA" in journal
    assert "Vacia" not in journal
    assert " * " not in b"".join(as_user("vera").get("/vacia/ledger/journal.beancount")).decode()


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_the_ledger_answers_in_each_language(as_user: Visit, language: str) -> None:
    client = as_user("clara")
    client.cookies["django_language"] = language
    for address in (LEDGER, f"{LEDGER}sources/", account("settlement:aldea:alfa")):
        assert client.get(address).status_code == 200
