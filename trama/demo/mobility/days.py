"""The tap files of a city's demo: the day, what arrives late, and the next morning. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from trama.demo.mobility.dirt import Sent, send
from trama.demo.mobility.files import Words, token_tables, words_of, write_taps
from trama.demo.mobility.people import written_boardings
from trama.demo.mobility.profiles import Profile
from trama.demo.mobility.riders import Boardings, Riders, midnight_s, ride, settle
from trama.demo.mobility.supply import Ints, Supply

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Days:
    """Everything drawn for one city: two days of taps in three parts."""

    profile: Profile
    supply: Supply
    riders: Riders
    words: Words
    day: date
    in_time: Sent
    late: Sent
    next_morning: Sent

    def token_tables(self) -> Iterator[pa.Table]:
        """The tokens met in any of the parts; they were all issued on 1 January of that year."""
        met: Ints = np.concatenate([self.in_time.token, self.late.token, self.next_morning.token])
        since = date(self.day.year, 1, 1)
        return token_tables(self.profile, self.riders, met, self.words, since)

    def write(self, folder: Path, progress: Progress | None = None) -> None:
        """`day.parquet`, `late.parquet` and `next_morning.parquet`; the last two say nothing."""
        write_taps(folder / "day.parquet", self.in_time, self.words, progress)
        write_taps(folder / "late.parquet", self.late, self.words)
        write_taps(folder / "next_morning.parquet", self.next_morning, self.words)


def draw_days(profile: Profile, supply: Supply, *, riders: int, day: date, seed: int) -> Days:
    """Draw `riders` riders, the day `day`, and the next morning until the profile's minute."""
    settled = settle(profile, supply, riders, seed)
    boardings = ride(profile, supply, settled, day=day, seed=seed)
    written, late = written_boardings(profile, supply, riders=riders, day=day, next_morning=False)
    in_time, after = send(
        profile,
        supply,
        _joined(boardings, written),
        day=day,
        seed=seed,
        written=len(written),
        late=late,
    )
    return Days(
        profile=profile,
        supply=supply,
        riders=settled,
        words=words_of(profile, supply, riders=riders, seed=seed),
        day=day,
        in_time=in_time,
        late=after,
        next_morning=_next_morning(profile, supply, settled, day + timedelta(days=1), seed),
    )


def _next_morning(
    profile: Profile, supply: Supply, riders: Riders, morrow: date, seed: int
) -> Sent:
    boardings = ride(profile, supply, riders, day=morrow, seed=seed)
    until_s = midnight_s(morrow, profile.timezone) + 60 * profile.day.next_morning_until_min
    early = boardings.at_s < until_s
    boardings = Boardings(*(getattr(boardings, name)[early] for name in Boardings.__slots__))
    written, _ = written_boardings(
        profile, supply, riders=len(riders), day=morrow, next_morning=True
    )
    sent, _ = send(
        profile,
        supply,
        _joined(boardings, written),
        day=morrow,
        seed=seed,
        written=len(written),
    )
    return sent


def _joined(*parts: Boardings) -> Boardings:
    return Boardings(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Boardings.__slots__)
    )
