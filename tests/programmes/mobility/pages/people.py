"""Aldea with a closed Monday, a late revision, an open Tuesday, held taps, and its people."""

from pathlib import Path

import pyarrow as pa

from tests.programmes.mobility.aldea import MONDAY, TUESDAY, ZONE, arrive, close, stage, tap
from trama.foundations.registry.actions import (
    found_city,
    found_organisation,
    grant_role,
    register_user,
)
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import device_table, get_organisation
from trama.programmes.mobility.actions.taps import keep_taps
from trama.programmes.mobility.actions.taps.columns import TAPS

PASSWORD = "a password for tests"
PEOPLE = {
    "clara": ("aldea", "ayuntamiento", "authority"),
    "iris": ("aldea", "contraloria", "auditor"),
    "alba": ("aldea", "alfa", "operator"),
    "berta": ("aldea", "beta", "operator"),
    "vera": ("vacia", "ayuntamiento", "authority"),
    "iker": ("vacia", "contraloria", "auditor"),
    "vito": ("vacia", "alfa", "operator"),
}


def stage_days(home: Path) -> City:
    """Eleven boardings of Monday, one of them late; three of Tuesday; four held taps."""
    city = stage(home)
    arrive(city, _monday())
    close(city, home, MONDAY)
    arrive(city, [tap(20, MONDAY, "20:00", "B1", "ANA")])
    close(city, home, MONDAY)
    arrive(city, [tap(n, TUESDAY, "08:00", "B1", None) for n in (30, 31, 32)])
    _hold(city)
    return city


def _monday() -> list[dict[str, object]]:
    return [
        tap(1, MONDAY, "07:00", "B1", "ANA"),
        tap(2, MONDAY, "07:40", "T1", "ANA"),
        tap(3, MONDAY, "18:00", "B2", "ANA"),
        tap(4, MONDAY, "08:00", "B1", "LUZ"),
        tap(5, MONDAY, "13:00", "B1", "LUZ"),
        tap(6, MONDAY, "19:00", "B1", "LUZ"),
        tap(7, MONDAY, "09:00", "B1", None),
        tap(8, MONDAY, "09:05", "T1", None),
        tap(9, MONDAY, "10:00", None, "RUI"),
        tap(10, MONDAY, "26:30", "B2", "RUI"),
    ]


def _hold(city: City) -> None:
    """Two taps of a device nobody registered, one of an unknown route, one conflict."""
    strange = [
        tap(40, TUESDAY, "08:10", "B1", "ANA") | {"device": "v9"},
        tap(41, TUESDAY, "08:20", "B1", "LUZ") | {"device": "v9"},
        tap(42, TUESDAY, "08:30", "B1", "RUI") | {"route": "DESVIO"},
        tap(30, TUESDAY, "08:40", "B1", None),
    ]
    table = pa.Table.from_pylist(strange, schema=TAPS)
    at_s = max(table["tapped_at_s"].to_pylist())
    keep_taps(city=city, taps=table, devices=device_table(city), at_s=at_s)


def stage_empty() -> City:
    """A city that was founded and has nothing yet."""
    city = found_city(code="vacia", name="Vacía", timezone=ZONE, currency="MXN", is_synthetic=True)
    for code, kind in (("ayuntamiento", "authority"), ("alfa", "operator")):
        found_organisation(city=city, code=code, name=code.title(), kind=kind)
    return city


def welcome(*cities: City) -> None:
    """Everybody in `PEOPLE`, with the role they have."""
    by_code = {city.code: city for city in cities}
    for city in cities:
        found_organisation(city=city, code="contraloria", name="Contraloría", kind="auditor")
    for username, (city_code, organisation, role) in PEOPLE.items():
        user = register_user(username=username, password=PASSWORD, name=username.title())
        place = get_organisation(by_code[city_code], organisation)
        grant_role(user=user, organisation=place, role=role)
    register_user(username="nadia", password=PASSWORD, name="Nadia")
