"""Who runs which routes, from when."""

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.programmes.mobility.networks.feeds import pack
from trama.core.refusals import Refused
from trama.foundations.registry.models import City, Organisation
from trama.programmes.mobility.actions.concessions import Assignment, assign_operators
from trama.programmes.mobility.actions.networks import load_network
from trama.programmes.mobility.models import Closing, Concession
from trama.programmes.mobility.queries.networks import map_lines, operators_on, route_table

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
JANUARY, MARCH, MAY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)


@pytest.fixture
def city(tmp_path: Path) -> City:
    city = City.objects.create(
        code="valle", name="Valle", timezone="America/Mexico_City", currency="MXN"
    )
    for code, kind in (("bea", "operator"), ("tisa", "operator"), ("autoridad", "authority")):
        Organisation.objects.create(city=city, code=code, name=code.upper(), kind=kind)
    path = pack(tmp_path / "valle.zip")
    load_network(city=city, path=path, home=tmp_path, at_s=0, valid_from=JANUARY)
    return city


def assign(city: City, *rows: tuple[str, str, str, date]) -> int:
    return assign_operators(
        city=city, assignments=[Assignment(2 + i, *row) for i, row in enumerate(rows)]
    )


def test_a_route_goes_before_its_agency_and_the_latest_day_counts(city: City) -> None:
    rows = [
        ("norte", "", "bea", JANUARY),
        ("sur", "", "tisa", JANUARY),
        ("norte", "10", "tisa", MARCH),
        ("sur", "", "bea", MAY),
    ]
    assert assign(city, *rows) == 4
    assert assign(city, *rows) == 0
    told = {
        day: route_table(city, day).column("operator").to_pylist() for day in (JANUARY, MARCH, MAY)
    }
    assert told == {JANUARY: ["bea", "tisa"], MARCH: ["tisa", "tisa"], MAY: ["tisa", "bea"]}
    assert operators_on(city, MARCH) == {
        ("norte", ""): "bea",
        ("norte", "10"): "tisa",
        ("sur", ""): "tisa",
    }
    drawn = map_lines(city, MAY)["features"]
    assert [feature["properties"]["operator"] for feature in drawn] == ["tisa", "bea"]


def test_the_route_table_is_one_query_and_tells_what_nobody_runs(city: City) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        table = route_table(city, JANUARY)
    assert len(asked) == 1
    assert table.to_pylist() == [
        {
            "route_id": "10",
            "agency_id": "norte",
            "operator": None,
            "short_name": "10",
            "route_type": 3,
        },
        {
            "route_id": "20",
            "agency_id": "sur",
            "operator": None,
            "short_name": "20",
            "route_type": 0,
        },
    ]
    empty = route_table(city, date(2025, 12, 31))
    assert (empty.num_rows, empty.schema) == (0, table.schema)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("norte", "", "nadie", JANUARY), "operator_unknown"),
        (("norte", "", "autoridad", JANUARY), "operator_unknown"),
        (("este", "", "bea", JANUARY), "agency_unknown"),
        (("norte", "99", "bea", JANUARY), "route_unknown"),
        (("norte", "20", "bea", JANUARY), "route_unknown"),
        (("sur", "", "bea", JANUARY), "route_has_another_operator"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_assigned(
    city: City, row: tuple[str, str, str, date], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        assign(city, ("sur", "", "tisa", JANUARY), row)
    assert (refused.value.code, refused.value.params["line"]) == (code, 3)
    assert not Concession.objects.exists()


def test_a_closed_day_keeps_its_operator(city: City) -> None:
    assign(city, ("norte", "", "bea", JANUARY))
    Closing.objects.create(city=city, service_date=MARCH, revision=0, through_id=0, started_at_s=0)
    with pytest.raises(Refused, match="closed_day_keeps_its_operator"):
        assign(city, ("norte", "", "tisa", MARCH))
    assert assign(city, ("norte", "", "tisa", MAY), ("sur", "", "tisa", JANUARY)) == 2


def test_the_command_reads_a_table(city: City, tmp_path: Path) -> None:
    path = tmp_path / "operators.csv"
    path.write_text("\ufeffoperator,agency_id,route_id,valid_from\r\nbea, norte ,,2026-01-01\r\n")
    said = io.StringIO()
    call_command("assign_operators", "valle", str(path), stdout=said)
    assert operators_on(city, JANUARY) == {("norte", ""): "bea"}
    assert said.getvalue()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"agency_id,operator,valid_from\nnorte,bea,2026-01-01\n", 1),
        (b"agency_id,route_id,operator,valid_from\nnorte,,bea,1/1/2026\n", 2),
        (b"agency_id,route_id,operator,valid_from\nnorte,,bea\n", 2),
        (b"agency_id,route_id,operator,valid_from\n\xff,,bea,2026-01-01\n", 0),
        (b'agency_id,route_id,operator,valid_from\n"norte,,bea,2026-01-01\n', 0),
    ],
)
def test_what_is_no_table_of_assignments_is_refused(
    city: City, tmp_path: Path, content: bytes, line: int
) -> None:
    path = tmp_path / "operators.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=rf"operators\.csv.*\b{line}\b"):
        call_command("assign_operators", "valle", str(path))
    assert not Concession.objects.exists()
