"""People with a name: their boardings as written, and how they sign in. Pure."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from trama.demo.mobility.profiles import CITIES, Person, Profile, WrittenTap, read_profile
from trama.demo.mobility.riders import TOKENS_PER_RIDER, Boardings, midnight_s
from trama.demo.mobility.supply import Supply


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Who can sign in to the demo. `for_whom` is an organisation's name or a rider's own."""

    username: str
    password: str
    role: str
    city: str
    for_whom: str


def demo_users() -> tuple[DemoUser, ...]:
    """One user of each kind for each city, in the order of their cities' files."""
    return tuple(
        DemoUser(who.username, who.password, who.role, profile.code, who.name)
        for profile in map(read_profile, CITIES)
        for who in profile.people
    )


def riders_with_a_name(profile: Profile) -> tuple[Person, ...]:
    """The people of a city who ride, in the order in which their tokens are numbered."""
    return tuple(who for who in profile.people if who.token)


def written_boardings(
    profile: Profile, supply: Supply, *, riders: int, day: date, next_morning: bool
) -> tuple[Boardings, tuple[bool, ...]]:
    """What the people with a name board on `day`, and which of it arrives late.

    Their tokens are numbered after those of `riders` drawn riders.
    """
    media = [means.code for means in profile.media]
    rows: list[tuple[int, Person, WrittenTap]] = [
        (riders * TOKENS_PER_RIDER + number, who, tap)
        for number, who in enumerate(riders_with_a_name(profile))
        for tap in (who.next_morning if next_morning else who.taps)
    ]
    midnight = midnight_s(day, profile.timezone)
    boardings = Boardings(
        at_s=np.array([midnight + tap.at_s for _, _, tap in rows], np.int64),
        token=np.array([token for token, _, _ in rows], np.int32),
        medium=np.array([media.index(who.medium) for _, who, _ in rows], np.int8),
        route=np.array([supply.routes.index(tap.route) for _, _, tap in rows], np.int32),
    )
    return boardings, tuple(tap.late for _, _, tap in rows)
