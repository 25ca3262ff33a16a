"""What people of the demo can board: routes with their weight, operator, validators and stops.

Weights within a group derive from the route's identifier, so they depend on no seed. The routes of
Guadalajara are shared out between its four fare-collection operators by `share_out`: a synthetic
assignment, since which operator collects on which route is not published.
"""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from trama.demo.mobility.profiles import Profile

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Supply:
    """Arrays by route: `group`, `weight` (sums to 1 in its group), `operator`, the span of its
    validators and of its stops, `partner` (the way back; itself where the feed has none)."""

    routes: tuple[str, ...]
    agencies: tuple[str, ...]
    operators: tuple[str, ...]
    group: Ints
    weight: Floats
    load: Floats
    operator: Ints
    first_device: Ints
    devices: Ints
    partner: Ints
    stops: tuple[str, ...]
    first_stop: Ints
    stop_counts: Ints


def read_supply(profile: Profile) -> Supply:
    """The supply of a city, from the tables of its network."""
    rows = _route_rows(profile)
    routes = tuple(row["route_id"] for row in rows)
    agencies = tuple(row["agency_id"] for row in rows)
    group = np.array([_group_of(profile, route) for route in routes], np.int32)
    weight = _weights(routes, group)
    load = weight * np.array(_group_loads(profile))[group]
    operators, operator = _operators(profile, agencies, load)
    devices = np.array([profile.groups[g].devices for g in group], np.int32)
    stops, first_stop, stop_counts = _stops(profile, routes)
    return Supply(
        routes=routes,
        agencies=agencies,
        operators=operators,
        group=group,
        weight=weight,
        load=load,
        operator=operator,
        first_device=(np.cumsum(devices) - devices).astype(np.int32),
        devices=devices,
        partner=_partners(rows),
        stops=stops,
        first_stop=first_stop,
        stop_counts=stop_counts,
    )


def device_codes(supply: Supply) -> list[str]:
    """The code of every validator, in the order of the device numbers: `bea-C01-3`."""
    return [
        f"{supply.operators[supply.operator[i]]}-{route}-{n + 1}"
        for i, route in enumerate(supply.routes)
        for n in range(supply.devices[i])
    ]


def share_out(loads: Sequence[float], shares: Mapping[str, int]) -> list[str]:
    """Give each load to the code that lacks most of its share, the heaviest load first.

    Ties go to the earlier code and the earlier load; the result depends on nothing else.
    """
    whole = sum(loads) / sum(shares.values())
    lacking = {code: share * whole for code, share in shares.items()}
    given = [""] * len(loads)
    for i in sorted(range(len(loads)), key=lambda i: (-loads[i], i)):
        given[i] = max(lacking, key=lambda code: lacking[code])
        lacking[given[i]] -= loads[i]
    return given


def _route_rows(profile: Profile) -> list[dict[str, str]]:
    if profile.network.tables:
        path = profile.folder / profile.network.tables / "routes.csv"
        return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    with zipfile.ZipFile(profile.folder / profile.network.archive) as feed:
        text = feed.read("routes.txt").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def _group_of(profile: Profile, route: str) -> int:
    for number, group in enumerate(profile.groups):
        if any(fnmatchcase(route, pattern) for pattern in group.routes):
            return number
    raise ValueError(f"no group takes route {route}")


def _weights(routes: Sequence[str], group: Ints) -> Floats:
    drawn = [blake2b(route.encode(), digest_size=4).digest() for route in routes]
    raw = np.array([0.4 + 1.6 * int.from_bytes(d, "big") / 2**32 for d in drawn])
    return np.asarray(raw / np.bincount(group, weights=raw)[group])


def _group_loads(profile: Profile) -> list[float]:
    """The share of all boardings in each group that the profile's media and trips come to."""
    loads = dict.fromkeys((group.code for group in profile.groups), 0.0)
    for means in profile.media:
        legs = sum(weight * len(trip) for trip, weight in means.trips.items())
        for trip, weight in means.trips.items():
            for code in trip:
                loads[code] += means.boardings_bps / 10_000 * weight / legs
    return list(loads.values())


def _operators(
    profile: Profile, agencies: Sequence[str], load: Floats
) -> tuple[tuple[str, ...], Ints]:
    if profile.network.operators:
        path = profile.folder / profile.network.operators
        table = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        codes = tuple(row["code"] for row in table)
        by_agency = {row["agency_id"]: i for i, row in enumerate(table)}
        return codes, np.array([by_agency[agency] for agency in agencies], np.int32)
    shares = {org.code: org.taps_bps for org in profile.organisations if org.taps_bps}
    codes = tuple(shares)
    given = share_out(load.tolist(), shares)
    return codes, np.array([codes.index(code) for code in given], np.int32)


def _partners(rows: Sequence[Mapping[str, str]]) -> Ints:
    """`A → B` goes back as `B → A` of the same agency and number."""
    places = {
        (row["agency_id"], row["route_short_name"], row["route_long_name"]): i
        for i, row in enumerate(rows)
    }
    partners = []
    for i, row in enumerate(rows):
        back = " → ".join(reversed(row["route_long_name"].split(" → ")))
        partners.append(places.get((row["agency_id"], row["route_short_name"], back), i))
    return np.array(partners, np.int32)


def _stops(profile: Profile, routes: Sequence[str]) -> tuple[tuple[str, ...], Ints, Ints]:
    """Stop identifiers route after route, with each route's first place and number of stops."""
    if not profile.network.archive:
        none = np.zeros(len(routes), np.int32)
        return (), none, none
    as_text = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in ("trip_id", "route_id", "stop_id")}
    )
    with zipfile.ZipFile(profile.folder / profile.network.archive) as feed:
        trips, times = (
            arrow_csv.read_csv(io.BytesIO(feed.read(name)), convert_options=as_text)
            for name in ("trips.txt", "stop_times.txt")
        )
    by_trip = dict(zip(trips["trip_id"].to_pylist(), trips["route_id"].to_pylist(), strict=True))
    of_route: dict[str, list[str]] = {route: [] for route in routes}
    stops_only = times.filter(pc.is_valid(times["stop_id"])).select(["trip_id", "stop_id"])
    for trip, stop in zip(*(column.to_pylist() for column in stops_only.columns), strict=True):
        of_route[by_trip[trip]].append(stop)
    counts = np.array([len(of_route[route]) for route in routes], np.int32)
    flat = tuple(stop for route in routes for stop in of_route[route])
    return flat, (np.cumsum(counts) - counts).astype(np.int32), counts
