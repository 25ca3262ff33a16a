"""An organisation's statement: the closing's figures, a complete file, and its own only."""

import csv
import io
from collections import Counter
from typing import Any

import pyarrow.compute as pc
import pytest

from tests.programmes.mobility.aldea import MONDAY, TUESDAY
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.test_open_pages import read
from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.days import state_of
from trama.programmes.mobility.queries.operators import booked_of, route_totals

pytestmark = pytest.mark.django_db
ALFA = f"/aldea/operators/alfa/{MONDAY}/"
FILE = f"/aldea/operators/alfa/{MONDAY}.csv"


def lines(as_user: Visit, username: str, address: str = FILE) -> list[dict[str, str]]:
    response: Any = as_user(username).get(address)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response).decode())))


@pytest.mark.parametrize("address", [ALFA, FILE])
@pytest.mark.parametrize(
    ("username", "answer"),
    [
        *(("alba", 200), ("clara", 200), ("iris", 200)),
        *(("berta", 403), ("vito", 403), ("vera", 403), ("nadia", 403), ("", 302)),
    ],
)
def test_a_statement_is_its_own_peoples_and_the_back_offices(
    as_user: Visit, address: str, username: str, answer: int
) -> None:
    assert as_user(username).get(address).status_code == answer


def test_an_operator_is_listed_alone_and_the_back_office_sees_all(as_user: Visit) -> None:
    own = read(as_user, "/aldea/operators/", "alba")
    assert "Alfa" in own
    assert "Beta" not in own
    everybody = read(as_user, "/aldea/operators/", "clara")
    assert all(name in everybody for name in ("Alfa", "Beta", "Gama", "Estado", "Ayuntamiento"))
    assert as_user("vito").get("/aldea/operators/").status_code == 403


def test_earned_less_fee_less_collected_is_net(as_user: Visit) -> None:
    said = read(as_user, ALFA, "alba")
    # Ana 7.13 + 9.50, Luz 9.50 + 19.00 of the programme, a coin 9.50; 1 % of cards and of coins
    assert "$54.63 earned" in said
    assert "$0.55 fee" in said
    assert "$42.75 collected" in said
    assert "+$11.33 net" in said


def test_the_routes_add_up_to_what_the_closings_say(aldea: City) -> None:
    totals = state_of(aldea, MONDAY).totals
    assert totals is not None
    table = route_totals(aldea, MONDAY)
    for column, expected in (
        ("fare_minor", totals.gross),
        ("share_minor", totals.earned),
        ("boardings", totals.boardings),
    ):
        found: Counter[tuple[str, str]] = Counter()
        for row in table.to_pylist():
            found[row["operator"], row["medium"]] += row[column]
        assert +found == +Counter(expected), column
    assert pc.sum(table["taps"]).as_py() == totals.taps


def test_the_file_has_every_tap_and_every_centavo(aldea: City, as_user: Visit) -> None:
    rows = lines(as_user, "clara")
    totals = state_of(aldea, MONDAY).totals
    assert totals is not None
    assert len(rows) == sum(n for (org, _), n in totals.boardings.items() if org == "alfa") == 6
    for column, counted in (("fare", totals.gross), ("share", totals.earned)):
        minor = sum(int(row[column].replace(".", "")) for row in rows)
        assert minor == sum(n for (org, _), n in counted.items() if org == "alfa")
    assert {row["token"] for row in rows} == {"ANA", "LUZ", ""}
    assert {row["currency"] for row in rows} == {"MXN"}
    first = next(row for row in rows if row["sequence"] == "1")
    assert first["tapped_at"] == f"{MONDAY}T13:00:00Z"


def test_the_file_of_an_operator_has_no_token_in_full(as_user: Visit) -> None:
    assert {row["token"] for row in lines(as_user, "alba")} == {"…ANA", "…LUZ", ""}


def test_the_file_of_an_open_day_is_only_its_header(as_user: Visit) -> None:
    assert lines(as_user, "alba", f"/aldea/operators/alfa/{TUESDAY}.csv") == []


def test_an_open_day_says_so(as_user: Visit) -> None:
    said = read(as_user, f"/aldea/operators/alfa/{TUESDAY}/", "alba")
    assert "This day has not been closed yet" in said
    assert "In the ledger" not in said


def test_each_revision_says_what_it_added(as_user: Visit) -> None:
    said = read(as_user, ALFA, "alba")
    first = said.index("What each revision added")
    second = said.index("Revision 1", first)
    assert "+$45.13 +$0.46 +$33.25 +$11.42" in said[first:second]
    assert "+$9.50 +$0.09 +$9.50 −$0.09" in said[second:]


def test_the_postings_are_those_of_the_ledger_that_touch_it(aldea: City, as_user: Visit) -> None:
    alfa = aldea.organisations.get(code="alfa")
    booked = booked_of(alfa, MONDAY)
    held = sum(b.amount_minor for b in booked if b.credit == "held:aldea:alfa")
    assert held == 4275
    html = as_user("alba").get(ALFA).content.decode().replace("<wbr>", "")
    for posting in booked:
        assert posting.source in html
    assert "ledger/sources" not in html
    assert "/aldea/ledger/accounts/earned:aldea:alfa/" in html
    assert "/aldea/ledger/accounts/earned:aldea:beta/" not in html


def test_an_organisation_that_is_not_there(as_user: Visit) -> None:
    assert as_user("clara").get(f"/aldea/operators/omega/{MONDAY}/").status_code == 404
    assert as_user("alba").get(f"/aldea/operators/omega/{MONDAY}/").status_code == 403


def test_a_city_without_days_has_a_page_all_the_same(as_user: Visit) -> None:
    assert "No service day has been closed yet." in read(as_user, "/vacia/operators/", "vera")
