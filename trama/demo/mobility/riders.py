"""Synthetic riders and the boardings of one of their days, by whole arrays. Pure.

A rider has a medium, a category, a purpose and a usual trip, all from the seed alone, so that the
same rider is met again the next morning. Everything that varies by day is drawn from the seed and
the date. Drawing is by column in a fixed order: the same seed gives the same boardings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.supply import Floats, Ints, Supply

Bytes = npt.NDArray[np.int8]
Longs = npt.NDArray[np.int64]

TOKENS_PER_RIDER = 8
NO_TOKEN = -1
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Riders:
    """One row per rider: numbers into the profile's media, categories and purposes, the usual trip
    (a number into `trip_shapes`) and the two routes it takes (the second unused by one leg)."""

    medium: Bytes
    category: Bytes
    purpose: Bytes
    trip: Ints
    routes: Ints

    def __len__(self) -> int:
        return len(self.medium)


@dataclass(frozen=True, slots=True)
class Boardings:
    """One row per boarding, in no order. `token` numbers a pseudonym, `NO_TOKEN` for cash."""

    at_s: Longs
    token: Ints
    medium: Bytes
    route: Ints

    def __len__(self) -> int:
        return len(self.at_s)


def stream(seed: int, *words: str) -> np.random.Generator:
    """The random numbers of one purpose: two purposes never share theirs."""
    return np.random.Generator(np.random.PCG64([seed, *(crc32(word.encode()) for word in words)]))


def draw(weights: Sequence[float] | Floats, u: Floats) -> Ints:
    """For each `u` in [0, 1) the number of the weight it falls into."""
    edges = np.cumsum(np.asarray(weights, np.float64))
    found = np.searchsorted(edges / edges[-1], u, side="right")
    return np.minimum(found, len(edges) - 1).astype(np.int32)


def trip_shapes(profile: Profile) -> list[tuple[int, ...]]:
    """What a trip can be made of: the groups of its legs, as numbers, each shape once."""
    groups = [group.code for group in profile.groups]
    shapes = dict.fromkeys(trip for means in profile.media for trip in means.trips)
    return [tuple(groups.index(code) for code in shape) for shape in shapes]


def settle(profile: Profile, supply: Supply, count: int, seed: int) -> Riders:
    """`count` riders of a city."""
    random = stream(seed, profile.code, "riders")
    medium = draw(_rider_shares(profile), random.random(count)).astype(np.int8)
    category = np.zeros(count, np.int8)
    purpose = np.zeros(count, np.int8)
    u = random.random(count)
    for number, means in enumerate(profile.media):
        weights = [kind.weight * (means.code in kind.media) for kind in profile.categories]
        chosen = medium == number
        category[chosen] = draw(weights, u[chosen])
    u = random.random(count)
    for number, kind in enumerate(profile.categories):
        weights = [kind.purposes.get(code, 0) for code in profile.purposes]
        chosen = category == number
        purpose[chosen] = draw(weights, u[chosen])
    trip, routes = _choose_trips(profile, supply, medium, random)
    return Riders(medium, category, purpose, trip, routes)


def ride(profile: Profile, supply: Supply, riders: Riders, *, day: date, seed: int) -> Boardings:
    """The boardings of `riders` on the calendar day `day`: out, back, and some once more."""
    random = stream(seed, profile.code, day.isoformat())
    trips = draw(profile.day.trips, random.random(len(riders))) + 1
    starts = _starts(profile, riders, random)
    usual = riders.trip, riders.routes
    extra = _choose_trips(profile, supply, riders.medium, random)
    parts = []
    for number, start in enumerate(starts):
        going = (trips > number) & (start < profile.day.last_min * MINUTE_S)
        who = np.flatnonzero(going).astype(np.int32)
        trip, routes = (column[going] for column in (usual if number < 2 else extra))
        if number % 2:
            routes = _way_back(profile, supply, trip, routes)
        for at_s, chosen, route in _legs(profile, start[going], trip, routes, random):
            parts.append((at_s, who[chosen], np.full(len(route), number, np.int8), route))
    at_s, who, number_of_trip, route = (np.concatenate(part) for part in zip(*parts, strict=True))
    medium = riders.medium[who]
    return Boardings(
        at_s=at_s + midnight_s(day, profile.timezone),
        token=_tokens(profile, who, number_of_trip, medium),
        medium=medium,
        route=route,
    )


def midnight_s(day: date, timezone: str) -> int:
    """The instant at which the calendar day begins there."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp())


def _rider_shares(profile: Profile) -> list[float]:
    """Shares of riders by medium that bring the shares of boardings the profile names."""
    shares = []
    for means in profile.media:
        weights = sum(means.trips.values())
        legs = sum(weight * len(trip) for trip, weight in means.trips.items()) / weights
        shares.append(means.boardings_bps / legs)
    return shares


def _choose_trips(
    profile: Profile, supply: Supply, medium: Bytes, random: np.random.Generator
) -> tuple[Ints, Ints]:
    """For each rider the number of a trip shape and the (n, 2) routes of its legs."""
    shapes = trip_shapes(profile)
    trip = np.zeros(len(medium), np.int32)
    u = random.random(len(medium))
    for number, means in enumerate(profile.media):
        by_shape = {
            shapes.index(tuple([g.code for g in profile.groups].index(code) for code in legs)): w
            for legs, w in means.trips.items()
        }
        chosen = medium == number
        trip[chosen] = draw([by_shape.get(i, 0) for i in range(len(shapes))], u[chosen])
    routes = np.zeros((len(medium), 2), np.int32)
    group_of_leg = _groups_of_legs(shapes)
    for leg in (0, 1):
        u = random.random(len(medium))
        for group in range(len(profile.groups)):
            chosen = group_of_leg[trip, leg] == group
            routes[chosen, leg] = draw(np.where(supply.group == group, supply.weight, 0), u[chosen])
    return trip, routes


def _groups_of_legs(shapes: Sequence[tuple[int, ...]]) -> Ints:
    """By shape and leg the number of the group; -1 where the trip has no such leg."""
    return np.array([(*shape, -1)[:2] for shape in shapes], np.int32)


def _starts(profile: Profile, riders: Riders, random: np.random.Generator) -> list[Longs]:
    """Seconds since midnight at which each rider's first, second, ... trip begins."""
    told = np.array(
        [(p.leaves, p.leaves_spread, p.stays, p.stays_spread) for p in profile.purposes.values()],
        np.float64,
    )[riders.purpose]
    count = len(riders)
    leaves = told[:, 0] + told[:, 1] * random.standard_normal(count)
    leaves = np.maximum(leaves, profile.day.first_min + 20 * random.random(count))
    stays = np.maximum(told[:, 2] + told[:, 3] * random.standard_normal(count), 25)
    starts = [leaves, leaves + stays]
    for _ in profile.day.trips[2:]:
        starts.append(starts[-1] + 60 + 45 * random.random(count))
    return [(start * MINUTE_S).astype(np.int64) for start in starts]


def _way_back(profile: Profile, supply: Supply, trip: Ints, routes: Ints) -> Ints:
    """The same routes in the other direction and the other order."""
    two_legs = _groups_of_legs(trip_shapes(profile))[trip, 1] >= 0
    turned = np.where(two_legs[:, None], routes[:, ::-1], routes)
    return np.asarray(supply.partner[turned])


def _legs(
    profile: Profile, start: Longs, trip: Ints, routes: Ints, random: np.random.Generator
) -> list[tuple[Longs, Ints, Ints]]:
    """Instants, places in the given arrays, and routes of first and of second boardings."""
    second = np.flatnonzero(_groups_of_legs(trip_shapes(profile))[trip, 1] >= 0).astype(np.int32)
    day = profile.day
    spread = random.standard_normal(len(second)) * day.transfer_sigma_bps / 10_000
    gap_min = np.clip(day.transfer_median_min * np.exp(spread), 4, 170)
    later = start[second] + (gap_min * MINUTE_S).astype(np.int64)
    everybody = np.arange(len(start), dtype=np.int32)
    return [(start, everybody, routes[:, 0]), (later, second, routes[second, 1])]


def _tokens(profile: Profile, who: Ints, number_of_trip: Bytes, medium: Bytes) -> Ints:
    has_token = np.array([means.has_token for means in profile.media])[medium]
    per_trip = np.array([means.token_per_trip for means in profile.media])[medium]
    numbered = who * TOKENS_PER_RIDER + np.where(per_trip, number_of_trip, 0)
    return np.where(has_token, numbered, NO_TOKEN).astype(np.int32)
