"""A small city with a network, a tariff and two devices; its day is 15 April 2026."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from trama.foundations.registry.actions import found_city, found_organisation, register_device
from trama.foundations.registry.models import City, Organisation
from trama.foundations.registry.queries import device_table
from trama.programmes.mobility.actions.taps import keep_taps
from trama.programmes.mobility.actions.taps.columns import TAPS
from trama.programmes.mobility.actions.taps.sorting import Sorted
from trama.programmes.mobility.actions.tariffs import publish_tariff
from trama.programmes.mobility.models import Agency, Network, Route, Stop, Tap

TARIFF = (
    Path(__file__).resolve().parents[4] / "trama/demo/data/guadalajara/tariff-2026.toml"
).read_text()
NOON_S = 1_776_276_000  # 2026-04-15T12:00:00-06:00
NOW_S = NOON_S + 3_600


@dataclass(frozen=True)
class World:
    """A city, an operator of it, and the keys of its devices V1 and V2."""

    city: City
    operator: Organisation
    keys: dict[str, str]

    def keep(self, *taps: dict[str, Any], at_s: int = NOW_S) -> Sorted:
        return keep_taps(
            city=self.city,
            taps=pa.Table.from_pylist(list(taps), schema=TAPS),
            devices=device_table(self.city),
            at_s=at_s,
        )

    def kept(self) -> set[tuple[Any, ...]]:
        return set(Tap.objects.filter(city=self.city).values_list(*TAPS.names))


def told(sequence: int = 1, **otherwise: Any) -> dict[str, Any]:
    """A tap that nothing is wrong with, but for what is said otherwise."""
    return {
        "device": "V1",
        "sequence": sequence,
        "token": "rider-1",
        "medium": "mi_movilidad",
        "tapped_at_s": NOON_S,
        "route": "C01",
        "stop": None,
        "vehicle": "bus-7",
        "direction": "on",
    } | otherwise


def settle_world(code: str = "gdl", tariff: str = TARIFF) -> World:
    city = found_city(code=code, name="Guadalajara", timezone="America/Mexico_City", currency="MXN")
    operator = found_organisation(city=city, code="bea", name="BEA", kind="operator")
    keys = {v: register_device(city=city, organisation=operator, code=v) for v in ("V1", "V2")}
    add_network(city, date(2026, 1, 1), ["C01", "C02"], ["S1"])
    publish_tariff(city=city, document=tariff, at_s=1)
    return World(city, operator, keys)


def add_network(city: City, since: date, routes: list[str], stops: list[str]) -> None:
    network = Network.objects.create(
        city=city,
        feed="amg",
        digest=f"{city.code}-{since}",
        valid_from=since,
        source="test",
        licence="test",
        loaded_at_s=1,
        report={},
    )
    agency = Agency.objects.create(network=network, agency_id="A", name="A")
    for code in routes:
        Route.objects.create(
            network=network,
            agency=agency,
            route_id=code,
            short_name=code,
            long_name=code,
            route_type=3,
        )
    for code in stops:
        Stop.objects.create(network=network, stop_id=code, name=code, lat_e6=1, lon_e6=1)


@pytest.fixture
def world(db: None) -> World:
    return settle_world()
