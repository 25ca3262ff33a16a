"""A feed becomes a version of a city's network, whole or not at all; past days keep theirs."""

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from hypothesis import HealthCheck, given
from hypothesis import settings as tries

from tests.programmes.mobility.networks.feeds import VALLE, pack, spoilt
from tests.programmes.mobility.networks.test_fuzz import spoilt_files
from trama.core.refusals import Refused
from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.networks import LoadReport, load_network
from trama.programmes.mobility.models import Agency, Closing, Network, Route, Stop
from trama.programmes.mobility.networks.files import folder_of, read_part
from trama.programmes.mobility.queries.networks import (
    get_network_on,
    map_lines,
    network_figures,
    networks_on,
    report_sentences,
    route_table,
)

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
AT_S = 1_775_000_000
NEWER = spoilt("feed_info.txt", ("20260201,1", "20260601,2"))


@pytest.fixture
def city() -> City:
    return City.objects.create(
        code="valle", name="Valle", timezone="America/Mexico_City", currency="MXN"
    )


def load(
    city: City, home: Path, files: Mapping[str, str | bytes | None] | None = None, **words: object
) -> LoadReport:
    path = pack(home / "valle.zip", files)
    return load_network(city=city, path=path, home=home, at_s=AT_S, **words)  # type: ignore[arg-type]


def kept(home: Path) -> list[str]:
    """What lies in the folder of networks, hidden or not."""
    return sorted(p.name for p in (home / "networks").glob("*")) if home.exists() else []


def test_small_nouns_are_rows_and_the_timetable_is_files(city: City, tmp_path: Path) -> None:
    network = load(city, tmp_path).network
    assert (network.feed, network.valid_from) == ("valle", date(2026, 2, 1))
    assert (network.source, network.loaded_at_s) == ("Valle", AT_S)
    assert dict(network.agencies.values_list("agency_id", "name")) == {
        "norte": "Autobuses del Norte",
        "sur": "Tranvías del Sur",
    }
    assert sorted(network.stops.values_list("stop_id", "lat_e6"))[0] == ("A", 19_280_000)
    route = network.routes.get(route_id="10")
    assert (route.agency.agency_id, route.trips, route.colour) == ("norte", 2, "0A7F3F")
    assert route.lines[0][0] == [-99.65, 19.28]
    assert kept(tmp_path) == [network.digest]
    assert read_part(tmp_path, network.digest, "stop_times").num_rows == 8
    assert (
        read_part(tmp_path, network.digest, "fare_attributes").to_pylist()[0]["price_minor"] == 1400
    )


def test_the_same_feed_again_changes_nothing_and_says_so(city: City, tmp_path: Path) -> None:
    first = load(city, tmp_path)
    rows = [list(model.objects.values()) for model in (Network, Agency, Route, Stop)]
    again = load(city, tmp_path)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.network == first.network
    assert [list(model.objects.values()) for model in (Network, Agency, Route, Stop)] == rows
    with pytest.raises(Refused, match="network_is_valid_from_another_day"):
        load(city, tmp_path, valid_from=date(2026, 3, 1))


def test_a_newer_feed_counts_from_its_day_and_past_days_keep_theirs(
    city: City, tmp_path: Path
) -> None:
    old = load(city, tmp_path).network
    new = load(city, tmp_path, NEWER).network
    for day, expected in (
        (date(2026, 1, 31), []),
        (date(2026, 2, 1), [old]),
        (date(2026, 5, 31), [old]),
        (date(2026, 6, 1), [new]),
        (date(2030, 1, 1), [new]),
    ):
        assert list(networks_on(city, day)) == expected
    assert get_network_on(city, date(2026, 5, 31), "valle") == old
    with pytest.raises(Refused, match="network_not_found"):
        get_network_on(city, date(2026, 1, 31), "valle")


def test_two_versions_cannot_count_from_one_day(city: City, tmp_path: Path) -> None:
    load(city, tmp_path)
    other = spoilt("stops.txt", ("Alameda", "Alameda Central"))
    with pytest.raises(Refused, match="network_version_exists"):
        load(city, tmp_path, other)
    assert load(city, tmp_path, other, valid_from=date(2026, 4, 1)).is_new


def test_a_closed_day_keeps_its_network(city: City, tmp_path: Path) -> None:
    load(city, tmp_path)
    Closing.objects.create(
        city=city, service_date=date(2026, 6, 10), revision=0, through_id=0, started_at_s=0
    )
    with pytest.raises(Refused) as refused:
        load(city, tmp_path, NEWER)
    assert refused.value.code == "closed_day_keeps_its_network"
    assert refused.value.params["next"] == date(2026, 6, 11)
    assert len(kept(tmp_path)) == 1
    assert load(city, tmp_path, NEWER, valid_from=date(2026, 6, 11)).is_new


def test_feeds_of_a_city_are_in_force_together(city: City, tmp_path: Path) -> None:
    load(city, tmp_path, feed="bus")
    with pytest.raises(Refused) as refused:
        load(city, tmp_path, NEWER, feed="tren")
    assert refused.value.code == "route_is_in_two_feeds"
    assert refused.value.params["id"] == "10"
    assert load(city, tmp_path, NEWER, feed="tren", prefix=True).is_new
    assert route_table(city, date(2026, 5, 31)).column("route_id").to_pylist() == ["10", "20"]
    table = route_table(city, date(2026, 6, 1))
    assert table.column("route_id").to_pylist() == ["10", "20", "tren:10", "tren:20"]
    assert table.column("agency_id").to_pylist() == ["norte", "sur", "tren:norte", "tren:sur"]
    later = spoilt("feed_info.txt", ("20260201,1", "20260701,3"))
    again = load(city, tmp_path, later, feed="tren").network
    assert again.routes.filter(route_id="tren:10").exists()


def test_one_agency_identifier_with_two_names_is_refused(city: City, tmp_path: Path) -> None:
    load(city, tmp_path, feed="bus")
    files = spoilt("agency.txt", ("Tranvías del Sur", "Otra empresa"))
    files |= spoilt("routes.txt", ("10,norte", "71,norte"), ("20,sur", "72,sur"))
    files |= spoilt("trips.txt", ("10,", "71,"), ("20,d", "72,d")) | {"fare_rules.txt": None}
    with pytest.raises(Refused, match="agency_is_in_two_feeds"):
        load(city, tmp_path, files, feed="tren")


def test_two_cities_may_have_the_same_feed(city: City, tmp_path: Path) -> None:
    other = City.objects.create(code="otra", name="Otra", timezone="America/Lima", currency="PEN")
    assert load(city, tmp_path).network.digest == load(other, tmp_path).network.digest
    assert len(kept(tmp_path)) == 1
    assert networks_on(other, date(2026, 3, 1)).get().report["files"][0]["findings"]


@pytest.mark.parametrize(
    ("files", "words", "code"),
    [
        ({"stops.txt": None}, {}, "feed_lacks_a_file"),
        ({"stops.txt": b"stop_id,stop_lat,stop_lon\n\xff"}, {}, "feed_is_not_utf8"),
        ({"stops.txt": 'stop_id,stop_lat,stop_lon\n"A,1,1\n'}, {}, "feed_is_not_a_table"),
        ({"trips.txt": "trip_id,route_id,service_id\n"}, {}, "feed_has_nothing_to_keep"),
        ({}, {"feed": "El Valle"}, "feed_name_unreadable"),
        ({}, {"feed": "una-red-muy-larga", "prefix": True}, "feed_name_unreadable"),
        ({"../x.txt": ""}, {}, "feed_has_a_path_trick"),
    ],
)
def test_what_is_refused_leaves_nothing(
    city: City,
    tmp_path: Path,
    files: Mapping[str, str | bytes | None],
    words: dict[str, object],
    code: str,
) -> None:
    with pytest.raises(Refused) as refused:
        load(city, tmp_path, files, **words)
    assert refused.value.code == code
    assert not Network.objects.exists()
    assert kept(tmp_path) == []


@pytest.mark.django_db(transaction=True)
def test_files_go_again_when_the_rows_cannot_be_written(tmp_path: Path) -> None:
    never_saved = City(pk=1, code="x", name="X", timezone="America/Lima", currency="PEN")
    with pytest.raises(IntegrityError):
        load(never_saved, tmp_path)
    assert not Network.objects.exists()
    assert kept(tmp_path) == []


def test_a_partial_feed_is_loaded_when_it_is_told_to_be_one(city: City, tmp_path: Path) -> None:
    partial = {name: None for name in VALLE if name not in ("agency.txt", "routes.txt")}
    with pytest.raises(Refused, match="network_has_no_first_day"):
        load(city, tmp_path, partial, routes_only=True)
    network = load(city, tmp_path, partial, routes_only=True, valid_from=date(2026, 1, 1)).network
    assert (network.routes.count(), network.stops.count()) == (2, 0)
    assert report_sentences(network.report)["notes"]
    assert network_figures(city, date(2026, 1, 1), home=tmp_path) == {
        "agencies": 2,
        "routes": 2,
        "stops": 0,
        "trips": 0,
    }
    assert [
        f["geometry"]["coordinates"] for f in map_lines(city, date(2026, 1, 1))["features"]
    ] == [
        [],
        [],
    ]


def test_figures_and_lines_of_a_day(city: City, tmp_path: Path) -> None:
    load(city, tmp_path)
    assert network_figures(city, date(2026, 5, 1), home=tmp_path) == {
        "agencies": 2,
        "routes": 2,
        "stops": 4,
        "trips": 16,
    }
    drawn = map_lines(city, date(2026, 5, 1))
    assert drawn["agencies"] == {"norte": "Autobuses del Norte", "sur": "Tranvías del Sur"}
    (first, _) = drawn["features"]
    assert first["properties"] == {
        "route_id": "10",
        "short_name": "10",
        "long_name": "Centro – Mercado",
        "colour": "0A7F3F",
        "agency": "norte",
        "feed": "valle",
        "operator": None,
        "trips": 2,
    }
    assert first["geometry"]["coordinates"][0] == [[-99.65, 19.28], [-99.65, 19.29], [-99.64, 19.3]]


def test_the_command_tells_what_was_kept_and_dropped(
    city: City, tmp_path: Path, settings: Any
) -> None:
    settings.HOME = tmp_path
    path = pack(tmp_path / "valle.zip", spoilt("trips.txt", ("20,diario,t3", "99,diario,t3")))
    said = io.StringIO()
    call_command("load_network", "valle", str(path), stdout=said)
    for line in ("trips.txt: 3", "- 1 ×", ": 99,diario,t3,Río,0", "valle", "2026-02-01"):
        assert line in said.getvalue()
    again = io.StringIO()
    call_command("load_network", "valle", str(path), stdout=again)
    assert again.getvalue() != said.getvalue()
    with pytest.raises(CommandError, match=r"nada\.zip"):
        call_command("load_network", "valle", str(tmp_path / "nada.zip"))


@tries(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=spoilt_files())
def test_a_spoilt_feed_is_loaded_whole_or_refused_whole(
    city: City, tmp_path: Path, files: dict[str, bytes]
) -> None:
    before = (Network.objects.count(), kept(tmp_path))
    try:
        report = load(city, tmp_path, files, valid_from=date(2026, 2, 1))
    except Refused:
        assert (Network.objects.count(), kept(tmp_path)) == before
        return
    network = report.network
    assert network.routes.count() == network.report["rows"]["routes"]
    assert network.stops.count() == network.report["rows"]["stops"]
    rows = read_part(tmp_path, network.digest, "stop_times").num_rows
    assert rows == network.report["rows"]["stop_times"]
    network.delete()
    for file in folder_of(tmp_path, network.digest).iterdir():
        file.unlink()
    folder_of(tmp_path, network.digest).rmdir()
