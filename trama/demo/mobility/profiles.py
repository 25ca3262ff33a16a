"""What the demo says about a city: `data/CITY/city.toml`, read into frozen rows. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"
CITIES = ("guadalajara", "toluca")


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the network comes from: a GTFS `archive`, or tables without trips in `tables`."""

    feed: str
    valid_from: date
    source: str
    licence: str
    archive: str = ""
    tables: str = ""
    operators: str = ""


@dataclass(frozen=True, slots=True)
class Org:
    """An organisation; `taps_bps` is the share of boardings that an operator must come to."""

    code: str
    name: str
    kind: str
    taps_bps: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Routes that people use alike, by pattern; `devices` validators on each."""

    code: str
    routes: tuple[str, ...]
    devices: int
    in_stations: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """A way to pay. `trips` are weights of trips, each a tuple of the groups of its legs."""

    code: str
    boardings_bps: int
    trips: Mapping[tuple[str, ...], int]
    has_token: bool = True
    token_per_trip: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rider: the category of the tariff ("" for none) and what fills the day."""

    code: str
    media: tuple[str, ...]
    weight: int
    purposes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Purpose:
    """When the first trip begins and how long the stay lasts: mean and spread, in minutes."""

    leaves: int
    leaves_spread: int
    stays: int
    stays_spread: int


@dataclass(frozen=True, slots=True)
class Day:
    """Weights of one, two, ... trips a day; minutes since midnight between which people ride."""

    trips: tuple[int, ...]
    transfer_median_min: int
    transfer_sigma_bps: int
    first_min: int
    last_min: int
    next_morning_until_min: int


@dataclass(frozen=True, slots=True)
class Dirt:
    """What goes wrong, in basis points of all boardings."""

    duplicates_bps: int
    conflicts_bps: int
    late_bps: int
    unknown_device_bps: int
    unknown_route_bps: int
    from_the_future_bps: int
    direction_unknown_bps: int


@dataclass(frozen=True, slots=True)
class WrittenTap:
    """A boarding that is written down: seconds since midnight, route, whether it arrives late."""

    at_s: int
    route: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the demo. A rider has a token, the others work for an organisation."""

    username: str
    password: str
    name: str
    role: str
    organisation: str = ""
    token: str = ""
    medium: str = ""
    issuer: str = ""
    category: str = ""
    taps: tuple[WrittenTap, ...] = ()
    next_morning: tuple[WrittenTap, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A city of the demo."""

    code: str
    name: str
    timezone: str
    currency: str
    cutover_s: int
    riders_bps: int
    network: Feed
    organisations: tuple[Org, ...]
    issuers: Mapping[str, int]
    groups: tuple[Group, ...]
    media: tuple[Means, ...]
    categories: tuple[Kind, ...]
    purposes: Mapping[str, Purpose]
    day: Day
    dirt: Dirt
    people: tuple[Person, ...]

    @property
    def folder(self) -> Path:
        """Where the city's data lies."""
        return DATA / self.code


@cache
def read_profile(city: str) -> Profile:
    """The profile of one of `CITIES`."""
    with (DATA / city / "city.toml").open("rb") as file:
        told: dict[str, Any] = tomllib.load(file)
    return Profile(
        **{name: told[name] for name in ("code", "name", "timezone", "currency")},
        cutover_s=told["cutover_s"],
        riders_bps=told["riders_bps"],
        network=Feed(**told["network"]),
        organisations=tuple(Org(**row) for row in told["organisations"]),
        issuers=told["issuers"],
        groups=tuple(Group(**{**row, "routes": tuple(row["routes"])}) for row in told["groups"]),
        media=tuple(_means(row) for row in told["media"]),
        categories=tuple(
            Kind(**{**row, "media": tuple(row["media"])}) for row in told["categories"]
        ),
        purposes={code: Purpose(**row) for code, row in told["purposes"].items()},
        day=Day(**{**told["day"], "trips": tuple(told["day"]["trips"])}),
        dirt=Dirt(**told["dirt"]),
        people=tuple(_person(row) for row in told["people"]),
    )


def _means(row: dict[str, Any]) -> Means:
    trips = {tuple(legs.split("+")): weight for legs, weight in row["trips"].items()}
    return Means(**{**row, "trips": trips})


def _person(row: dict[str, Any]) -> Person:
    written = {
        name: tuple(_written_tap(tap) for tap in row.get(name, ()))
        for name in ("taps", "next_morning")
    }
    return Person(**{**row, **written})


def _written_tap(row: dict[str, Any]) -> WrittenTap:
    hours, minutes = row["at"].split(":")
    return WrittenTap(int(hours) * 3600 + int(minutes) * 60, row["route"], row.get("late", False))
