"""The clearing of a day: its matrix, its nets, its proof, and who may see which part of it."""

import pytest
from django.db.models import F

from tests.programmes.mobility.aldea import MONDAY, TUESDAY
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.test_open_pages import read
from trama.foundations.payments.models import Settlement
from trama.foundations.payments.queries import clearing_matrix, settlement_totals
from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.operators import find_payments, settlement_movements
from trama.programmes.mobility.views.clearing_parts import heat_chart, matrix, proof
from trama.web.formats import money_text

pytestmark = pytest.mark.django_db
CLEARING = f"/aldea/days/{MONDAY}/clearing/"


@pytest.mark.parametrize(
    ("username", "answer"),
    [
        *(("clara", 200), ("iris", 200), ("alba", 200)),
        *(("vera", 403), ("vito", 403), ("nadia", 403), ("", 302)),
    ],
)
def test_who_may_see_a_clearing(as_user: Visit, username: str, answer: int) -> None:
    assert as_user(username).get(CLEARING).status_code == answer


def test_an_operator_sees_its_row_and_its_column_only(as_user: Visit) -> None:
    said = read(as_user, CLEARING, "alba")
    assert "With each other organisation" in said
    assert "Nothing was made, nothing was lost" not in said
    assert "Net of each organisation" not in said
    alba = as_user("alba")
    for asked, answer in (
        ("?from=alfa&to=beta", 200),
        ("?from=beta&to=alfa", 200),
        ("?from=beta&to=gama", 403),
        ("?of=alfa&with=gama", 200),
        ("?of=beta&with=gama", 403),
    ):
        assert alba.get(CLEARING + asked).status_code == answer, asked
    assert as_user("clara").get(f"{CLEARING}?from=beta&to=gama").status_code == 200


def test_rows_columns_and_corner_of_the_matrix_agree(aldea: City) -> None:
    cells = clearing_matrix(aldea, MONDAY)
    drawn = matrix(aldea, MONDAY, cells)
    assert drawn is not None
    assert drawn.total == money_text(sum(cells.values()), "MXN") == "$99.75"
    assert [total for _, total in drawn.foot] == ["$54.63", "$19.00", "$26.12"]
    assert [(name, total) for name, _, total in drawn.lines] == [
        ("Alfa", "$42.75"),
        ("Beta", "$28.50"),
        ("Estado", "$19.00"),
        ("Gama", "$9.50"),
    ]


def test_a_cell_opens_to_its_entries_and_their_postings(as_user: Visit) -> None:
    html = as_user("clara").get(f"{CLEARING}?from=alfa&to=alfa").content.decode()
    plain = html.replace("<wbr>", "")
    for revision in (0, 1):
        assert f"mobility/aldea/{MONDAY}/r{revision}/clearing/alfa/alfa" in plain
    assert "+$26.13" in html
    assert "Nothing was cleared between these two" in read(
        as_user, f"{CLEARING}?from=gama&to=beta", "clara"
    )


def test_the_nets_are_zero_and_the_ledger_says_so_too(aldea: City) -> None:
    found = proof(aldea, MONDAY)
    assert found.holds
    assert found.total == "$0.00"
    nets = {str(r["organisation__code"]): r["net"] for r in settlement_totals(aldea, MONDAY)}
    assert settlement_movements(aldea, MONDAY) == {k: v for k, v in nets.items() if v}


def test_a_settlement_that_the_ledger_does_not_know_is_told(aldea: City, as_user: Visit) -> None:
    assert "do not agree" not in read(as_user, CLEARING, "clara")
    changed = Settlement.objects.filter(organisation__code="alfa", revision=0)
    changed.update(gross_minor=F("gross_minor") + 1, net_minor=F("net_minor") + 1)
    assert not proof(aldea, MONDAY).holds
    told = read(as_user, CLEARING, "clara")
    assert "do not agree" in told
    assert "The nets are not zero together: do not pay." in told


def test_the_payments_settle_every_net(aldea: City) -> None:
    nets = {
        str(r["organisation__code"]): int(str(r["net"])) for r in settlement_totals(aldea, MONDAY)
    }
    for payer, paid, minor in find_payments(aldea, MONDAY) or []:
        nets[payer] += minor
        nets[paid] -= minor
    assert set(nets.values()) == {0}


def test_a_matrix_too_wide_to_read_is_a_picture_with_its_table(aldea: City) -> None:
    wide = {(f"o{a}", f"o{b}"): 100 * a + b for a in range(9) for b in range(9)}
    for code in range(9):
        aldea.organisations.create(code=f"o{code}", name=f"O{code}", kind="operator")
    assert matrix(aldea, MONDAY, wide) is None
    drawn = heat_chart(aldea, MONDAY, wide)
    assert drawn is not None
    assert len(drawn.table.rows) == 81
    assert heat_chart(aldea, MONDAY, clearing_matrix(aldea, MONDAY)) is None


def test_an_open_day_says_so(as_user: Visit) -> None:
    for username in ("clara", "alba"):
        said = read(as_user, f"/aldea/days/{TUESDAY}/clearing/", username)
        assert "This day has not been closed yet" in said


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_a_clearing_answers_in_each_language(as_user: Visit, language: str) -> None:
    client = as_user("clara")
    client.cookies["django_language"] = language
    assert client.get(CLEARING).status_code == 200
