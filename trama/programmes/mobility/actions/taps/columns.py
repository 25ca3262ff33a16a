"""Taps by the set: the columns they travel in, and one tap as the content that is kept aside."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from trama.core.days import DAY_S, service_day_bounds
from trama.foundations.registry.models import City
from trama.programmes.mobility.queries.taps import TOLD

TAPS = TOLD
LONGEST = {
    "device": 60,
    "token": 64,
    "medium": 40,
    "route": 80,
    "stop": 80,
    "vehicle": 60,
    "direction": 7,
}
DIRECTIONS = ("on", "off", "unknown")
EARLIEST_S = 946_684_800  # 2000-01-01: a device with an older clock has lost it


def service_dates(instants_s: pa.Array, city: City) -> pa.Array:
    """The service day (date32) of each epoch second (int64, no null), by the city's own clock.

    A service day is the interval between two cut-overs; only the days touched are worked out.
    """
    seconds = instants_s.to_numpy()
    touched = np.unique(seconds // DAY_S)
    # West of Greenwich an evening's cut-over is two days behind, east of it one ahead.
    days = np.unique(touched[:, None] + np.arange(-2, 2))
    firsts = np.array([_first_second(int(day), city) for day in days], dtype=np.int64)
    places = np.searchsorted(firsts, seconds, side="right") - 1
    return pa.array(days[places].astype(np.int32)).cast(pa.date32())


def _first_second(day: int, city: City) -> int:
    date = pa.scalar(day, pa.int32()).cast(pa.date32()).as_py()
    return service_day_bounds(date, city.timezone, city.cutover_s)[0]


def contents_of(taps: pa.Table) -> list[dict[str, Any]]:
    """Each row as a JSON-able mapping of the fields of `TAPS`."""
    contents: list[dict[str, Any]] = taps.select(TAPS.names).to_pylist()
    return contents


def taps_of(contents: list[dict[str, Any]]) -> pa.Table:
    """The taps that `contents_of` put aside, as columns again."""
    return pa.Table.from_pylist(contents, schema=TAPS)


def fingerprint(content: Mapping[str, Any]) -> str:
    """The same for the same content, whoever sends it and whenever: 64 hexadecimal digits."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=32).hexdigest()
