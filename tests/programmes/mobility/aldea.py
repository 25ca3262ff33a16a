"""Aldea: a small invented town with three operators, staged through the public verbs."""

import zipfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from trama.core.days import service_day_bounds
from trama.foundations.ledger.queries import accounts
from trama.foundations.ledger.queries import get_balance_minor as balance
from trama.foundations.registry.actions import (
    found_city,
    found_organisation,
    register_devices,
    register_tokens,
)
from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.closing import close_day
from trama.programmes.mobility.actions.concessions import Assignment, assign_operators
from trama.programmes.mobility.actions.networks import load_network
from trama.programmes.mobility.actions.taps.columns import TAPS
from trama.programmes.mobility.actions.taps.keeping import keep_taps
from trama.programmes.mobility.actions.tariffs import publish_agreement, publish_tariff
from trama.programmes.mobility.models import Closing

MONDAY = date(2026, 10, 12)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
ZONE = "America/Mexico_City"
FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
    f"BUS,Camiones,https://aldea.example/,{ZONE}\nTREN,Tren,https://aldea.example/,{ZONE}\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\n"
    "B1,BUS,B1,Norte,3\nB2,BUS,B2,Sur,3\nT1,TREN,T1,Tren,0\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nS1,Plaza,20.6,-103.3\n"
    "S2,Mercado,20.7,-103.4\n",
    "trips.txt": "route_id,service_id,trip_id\nB1,D,b1\nB2,D,b2\nT1,D,t1\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "b1,06:00:00,06:00:00,S1,1\nb1,06:20:00,06:20:00,S2,2\n"
    "b2,06:00:00,06:00:00,S1,1\nb2,06:20:00,06:20:00,S2,2\n"
    "t1,06:00:00,06:00:00,S2,1\nt1,06:20:00,06:20:00,S1,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nD,1,1,1,1,1,1,1,20260101,20261231\n",
}
TARIFF = """
[tariff]
code = "aldea-2026"
title = "Tarifa de Aldea"
legal_reference = "Invented for tests"
currency = "MXN"
timezone = "America/Mexico_City"
valid_from = 2026-01-01
known_since = 2025-12-01
cutover = "03:00"
sources = ["Invented"]

[[medium]]
code = "card"
name = "Tarjeta"
[[medium]]
code = "cash"
name = "Efectivo"
electronic = false

[[route_class]]
code = "rail"
name = "Tren"
agencies = ["TREN"]
[[route_class]]
code = "bus"
name = "Camión"
otherwise = true

[[fare]]
code = "general"
amount = "9.50"

[[cash]]
medium = "cash"
gives_change = false
tender_multiple = "1.00"

[[transfer]]
code = "half"
from = ["bus"]
to = ["rail"]
media = ["card"]
discount = "50 %"
window = "120 min"
window_end = "closed"
measured_from = "first"
max_transfers = 1

[[category]]
code = "older"
name = "Persona mayor"

[[programme]]
code = "free_rides"
name = "Viajes gratis"
payer = "estado"
categories = ["older"]
media = ["card"]
pays = "100 %"
per_day = 2
per_year = 5

[[cap]]
code = "week"
period = "week"
amount = "40.00"
cutover = "03:00"
media = ["card"]
"""
AGREEMENT = """
[agreement]
code = "aldea-clearing"
title = "Convenio de Aldea"
legal_reference = "Invented for tests"
valid_from = 2026-01-01
known_since = 2025-12-01
sources = ["Invented"]

[[split]]
code = "equal"
rule = "by_boarding"

[[collector]]
medium = "card"
by = "issuer"
[[collector]]
medium = "cash"
by = "operator"

[[fee]]
code = "clearing"
fee = "1 %"
to = "ayuntamiento"
"""
ORGANISATIONS = {
    "ayuntamiento": "authority",
    "alfa": "operator",
    "beta": "operator",
    "gama": "operator",
    "estado": "payer",
}
OPERATORS = (("BUS", "B1", "alfa"), ("BUS", "B2", "beta"), ("TREN", "", "gama"))
TOKENS = {"ANA": ("alfa", None), "LUZ": ("beta", "older"), "RUI": ("beta", None)}


def stage(
    home: Path,
    *,
    code: str = "aldea",
    zone: str = ZONE,
    cutover: str = "03:00",
    tariff: str = TARIFF,
) -> City:
    """The town with its network, documents, devices and three riders."""
    home.mkdir(parents=True, exist_ok=True)
    hour, minute = (int(part) for part in cutover.split(":"))
    city = found_city(
        code=code, name=code.title(), timezone=zone, currency="MXN",
        cutover_s=3600 * hour + 60 * minute,
    )  # fmt: skip
    tariff = tariff.replace(ZONE, zone).replace('"03:00"', f'"{cutover}"')
    for name, kind in ORGANISATIONS.items():
        found_organisation(city=city, code=name, name=name.title(), kind=kind)
    with zipfile.ZipFile(home / "feed.zip", "w") as archive:
        for name, text in FEED.items():
            archive.writestr(name, text.replace(ZONE, zone))
    load_network(city=city, path=home / "feed.zip", home=home, at_s=0, valid_from=date(2026, 1, 1))
    assign_operators(
        city=city,
        assignments=[
            Assignment(line, agency, route, operator, date(2026, 1, 1))
            for line, (agency, route, operator) in enumerate(OPERATORS)
        ],
    )
    publish_tariff(city=city, document=tariff, at_s=0)
    publish_agreement(city=city, document=AGREEMENT, at_s=0)
    register_devices(
        city=city,
        devices=pa.table({"code": ["v1", "v2", "v3"], "organisation": ["alfa", "beta", "gama"]}),
    )
    category = pa.array([c for _, c in TOKENS.values()], pa.string())
    register_tokens(
        city=city,
        tokens=pa.table(
            {
                "token": list(TOKENS),
                "medium": ["card"] * len(TOKENS),
                "issuer": [issuer for issuer, _ in TOKENS.values()],
                "category": category,
                "valid_from": pa.array([date(2026, 1, 1)] * len(TOKENS), pa.date32()),
            }
        ),
    )
    return city


def tap(
    sequence: int,
    day: date,
    clock: str,
    route: str | None,
    token: str | None = "ANA",
    zone: str = ZONE,
) -> dict[str, object]:
    """One boarding at a local time, `HH:MM`, by card, or by cash where there is no token."""
    hour, minute = (int(part) for part in clock.split(":"))
    at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    at += timedelta(hours=hour, minutes=minute)
    return {
        "device": {"B1": "v1", "B2": "v2"}.get(route or "", "v3"),
        "sequence": sequence,
        "token": token,
        "medium": "card" if token else "cash",
        "tapped_at_s": int(at.timestamp()),
        "route": route,
        "stop": None if route else "S2",
        "vehicle": None,
        "direction": "on",
    }


def arrive(city: City, taps: Iterable[dict[str, object]]) -> None:
    """Let the taps arrive, and insist that each was kept."""
    table = pa.Table.from_pylist(list(taps), schema=TAPS)
    devices = pa.table(
        {"code": ["v1", "v2", "v3"], "revoked_at_s": pa.array([None] * 3, pa.int64())}
    )
    latest = max(int(str(row["tapped_at_s"])) for row in table.to_pylist())
    keep_taps(city=city, taps=table, devices=devices, at_s=latest)


def close(city: City, home: Path, *days: date) -> Closing:
    """Close each day just after its end; the newest closing of the last one."""
    closing = None
    for day in days:
        _, after_s = service_day_bounds(day, city.timezone, city.cutover_s)
        closing = close_day(city=city, service_date=day, home=home, at_s=after_s)
    assert closing is not None
    return closing


def balances(prefix: str = "") -> dict[str, int]:
    """Every account's balance that is not zero, by name."""
    found = {account.name: balance(account.name) for account in accounts(prefix=prefix)}
    return {name: minor for name, minor in found.items() if minor}
