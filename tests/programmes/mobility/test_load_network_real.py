"""Five real feeds and the partial one, when the data folder lies beside the project."""

import csv
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.networks import load_network
from trama.programmes.mobility.models import Network
from trama.programmes.mobility.networks.files import read_part
from trama.programmes.mobility.queries.networks import (
    map_lines,
    network_figures,
    route_table,
)

FEEDS = Path(__file__).resolve().parents[4] / "shared" / "data" / "gtfs"
pytestmark = [pytest.mark.django_db, pytest.mark.shared_data]
Load = Callable[..., Network]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    if not FEEDS.is_dir():
        pytest.skip(f"no feeds in {FEEDS}")
    city = City.objects.create(
        code="ciudad", name="Ciudad", timezone="America/Sao_Paulo", currency="BRL"
    )

    def load(path: Path, **words: object) -> Network:
        return load_network(city=city, path=path, home=tmp_path, at_s=0, **words).network  # type: ignore[arg-type]

    return load


def rows_of(path: Path, name: str) -> list[dict[str, str]]:
    """A file of a feed as the standard library reads it."""
    with zipfile.ZipFile(path) as feed:
        return list(csv.DictReader(feed.read(name).decode("utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("toluca", (622, 24_567, 622, 99_302)),
        ("portoalegre-bus", (115, 3_986, 2_374, 130_019)),
        ("portoalegre-rail", (2, 24, 1_248, 14_855)),
        ("fortaleza-rail", (3, 39, 215, 3_420)),
        pytest.param(
            "fortaleza-bus", (345, 4_676, 85_410, 2_659_737), marks=pytest.mark.slow, id="largest"
        ),
    ],
)
def test_a_real_feed_loads_whole(load: Load, name: str, counts: tuple[int, int, int, int]) -> None:
    network = load(FEEDS / f"{name}.zip")
    rows = network.report["rows"]
    stored = (network.routes.count(), network.stops.count())
    assert (*stored, rows["trips"], rows["stop_times"]) == counts
    assert all(network.routes.values_list("lines", flat=True))
    drawn = json.dumps(map_lines(network.city, network.valid_from), separators=(",", ":"))
    assert len(drawn) < 440_000


def test_every_stop_time_of_a_real_feed_is_where_it_was(load: Load, tmp_path: Path) -> None:
    path = FEEDS / "portoalegre-rail.zip"
    network = load(path)
    trips, stops, times = (
        read_part(tmp_path, network.digest, name) for name in ("trips", "stops", "stop_times")
    )
    trip_ids, stop_ids = trips.column("trip_id").to_pylist(), stops.column("stop_id").to_pylist()
    kept = sorted(
        (trip_ids[row["trip"]], row["sequence"], stop_ids[row["stop"]], row["departure_s"])
        for row in times.to_pylist()
    )

    def seconds(clock: str) -> int:
        hours, minutes, rest = (int(part) for part in clock.split(":"))
        return hours * 3600 + minutes * 60 + rest

    assert kept == sorted(
        (r["trip_id"], int(r["stop_sequence"]), r["stop_id"], seconds(r["departure_time"]))
        for r in rows_of(path, "stop_times.txt")
    )


def test_a_city_of_bus_and_rail_has_one_table_of_routes(load: Load, tmp_path: Path) -> None:
    load(FEEDS / "portoalegre-bus.zip", feed="bus")
    city = load(FEEDS / "portoalegre-rail.zip", feed="rail").city
    monday, sunday = date(2019, 5, 6), date(2019, 5, 5)
    assert route_table(city, monday).num_rows == 117
    assert network_figures(city, monday, home=tmp_path)["agencies"] == 2
    figures = [network_figures(city, day, home=tmp_path)["trips"] for day in (monday, sunday)]
    assert figures[0] > figures[1] > 0


def test_the_routes_of_guadalajara_are_a_partial_feed(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "guadalajara.zip"
    with zipfile.ZipFile(path, "w") as feed:
        for name in ("agency", "routes"):
            feed.write(FEEDS / "guadalajara" / f"{name}.csv", f"{name}.txt")
    network = load(path, routes_only=True, valid_from=date(2026, 1, 1))
    assert (network.agencies.count(), network.routes.count()) == (5, 277)
    (routes,) = (f for f in network.report["files"] if f["file"] == "routes.txt")
    assert (routes["read"], routes["kept"]) == (277, 277)
