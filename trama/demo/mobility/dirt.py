"""Boardings as devices would send them: numbered, some twice, some late, some that cannot be. Pure.

Whatever is drawn is drawn at least once, so that a small demo shows every case too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.riders import Boardings, Bytes, Longs, stream
from trama.demo.mobility.supply import Ints, Supply

SEQUENCES_PER_DAY = 1_000_000
FIRST_DAY = date(2025, 1, 1)
SPARE_DEVICES = 3
UNKNOWN_ROUTE = -1
NO_STOP = -1
YEAR_S = 365 * 86_400
RESENT_AFTER_S = 20 * 60


@dataclass(frozen=True, slots=True)
class Sent:
    """One row per tap as sent, in the order of arrival. `device` numbers the registered devices and
    after them `SPARE_DEVICES` that nobody registered; `route` may be `UNKNOWN_ROUTE`."""

    at_s: Longs
    token: Ints
    medium: Bytes
    route: Ints
    device: Ints
    stop: Ints
    sequence: Longs
    direction_known: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.at_s)


def send(
    profile: Profile,
    supply: Supply,
    boardings: Boardings,
    *,
    day: date,
    seed: int,
    written: int = 0,
    late: Sequence[bool] | None = None,
) -> tuple[Sent, Sent]:
    """The taps of `day` in time, and those that arrive after the day was closed.

    The last `written` boardings are written down and stay as they are; `late` says which of them
    arrive late, None that no tap of this day does.
    """
    random = stream(seed, profile.code, day.isoformat(), "sent")
    good = _sent(profile, supply, boardings, day, random)
    arrival_s = good.at_s + (120 * random.standard_exponential(len(good))).astype(np.int64)
    drawn = len(good) - written
    good = _soil(profile, supply, good, drawn, random)
    good = replace(good, sequence=_sequences(good, day))
    is_late = np.zeros(len(good), bool)
    if late is not None:
        is_late[_some(drawn, profile.dirt.late_bps, random)] = True
        is_late[drawn:] = late
    in_time = np.flatnonzero(~is_late)
    free = in_time[in_time < drawn]
    twice = free[_some(len(free), profile.dirt.duplicates_bps, random)]
    other = free[_some(len(free), profile.dirt.conflicts_bps, random)]
    conflicts = _rows(good, other)
    conflicts = replace(conflicts, at_s=conflicts.at_s + 61)
    everything = _joined(_rows(good, in_time), _rows(good, twice), conflicts)
    arrives_s = np.concatenate(
        [
            arrival_s[in_time],
            arrival_s[twice] + RESENT_AFTER_S,
            arrival_s[other] + RESENT_AFTER_S,
        ]
    )
    order = np.argsort(arrives_s, kind="stable")
    return _rows(everything, order), _rows(good, np.flatnonzero(is_late))


def _sent(
    profile: Profile,
    supply: Supply,
    boardings: Boardings,
    day: date,
    random: np.random.Generator,
) -> Sent:
    count = len(boardings)
    route = boardings.route
    device = supply.first_device[route] + random.integers(0, supply.devices[route])
    stops = supply.stop_counts[route]
    stop = supply.first_stop[route] + (random.random(count) ** 1.4 * stops).astype(np.int32)
    unknown = profile.dirt.direction_unknown_bps / 10_000
    return Sent(
        at_s=boardings.at_s,
        token=boardings.token,
        medium=boardings.medium,
        route=route,
        device=device.astype(np.int32),
        stop=np.where(stops > 0, stop, NO_STOP).astype(np.int32),
        sequence=np.zeros(count, np.int64),
        direction_known=random.random(count) >= unknown,
    )


def _soil(
    profile: Profile, supply: Supply, good: Sent, drawn: int, random: np.random.Generator
) -> Sent:
    """Some taps from devices nobody registered, on routes nobody knows, from next year."""
    device, route, at_s = good.device.copy(), good.route.copy(), good.at_s.copy()
    dirt = profile.dirt
    spare = _some(drawn, dirt.unknown_device_bps, random)
    device[spare] = int(supply.devices.sum()) + random.integers(0, SPARE_DEVICES, len(spare))
    route[_some(drawn, dirt.unknown_route_bps, random)] = UNKNOWN_ROUTE
    at_s[_some(drawn, dirt.from_the_future_bps, random)] += YEAR_S
    stop = np.where(route == UNKNOWN_ROUTE, NO_STOP, good.stop).astype(np.int32)
    return replace(good, device=device, route=route, at_s=at_s, stop=stop)


def _sequences(sent: Sent, day: date) -> Longs:
    """Each device numbers what it saw in the order of its clock; days do not overlap."""
    order = np.lexsort((sent.at_s, sent.device))
    device = sent.device[order]
    first = np.flatnonzero(np.r_[True, device[1:] != device[:-1]])
    place = np.arange(len(device)) - np.repeat(first, np.diff(np.r_[first, len(device)]))
    sequences = np.empty(len(device), np.int64)
    sequences[order] = (day - FIRST_DAY).days * SEQUENCES_PER_DAY + place + 1
    return sequences


def _some(count: int, share_bps: int, random: np.random.Generator) -> Longs:
    """Distinct places among `count`: the share of them, at least one."""
    wanted = min(count, max(1, round(count * share_bps / 10_000)))
    return np.sort(random.choice(count, wanted, replace=False))


def _rows(sent: Sent, places: Longs) -> Sent:
    return Sent(*(getattr(sent, name)[places] for name in Sent.__slots__))


def _joined(*parts: Sent) -> Sent:
    return Sent(*(np.concatenate([getattr(p, n) for p in parts]) for n in Sent.__slots__))
