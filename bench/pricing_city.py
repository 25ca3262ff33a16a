"""A tariff like Jalisco's with caps added, and synthetic taps for it, bucket by bucket."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    Category,
    FareRule,
    Measured,
    Medium,
    Period,
    Programme,
    RouteClass,
    Split,
    SplitRule,
    Tariff,
    TransferRule,
    Window,
)
from trama.programmes.mobility.sealed.layout import BUCKETS
from trama.programmes.mobility.sealed.taps import conformed

FIRST_DAY_S = 1_776_070_800  # Monday 2026-04-13, 03:00 in Mexico City
DAY_S = 86_400
WINDOW_S = 90 * 60
DAY_CAP, WEEK_CAP = 3300, 15_000
ROUTES, MASS_ROUTES = 277, 40
OPERATORS = ["BEA", "TISA", "EB", "SETIM"]
CATEGORIES = ["student", "older", "worker", None]
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


def transfer(code: str, before: str, after: str) -> TransferRule:
    """Half price from class to class, two a journey, measured from the first boarding."""
    return TransferRule(
        code,
        WINDOW_S,
        Measured.FIRST,
        Window.CLOSED,
        2,
        from_classes=(before,),
        to_classes=(after,),
        media=("mi_movilidad",),
        discount_bps=5000,
    )


TARIFF = Tariff(
    code="bench",
    title="Like Jalisco's, with caps",
    legal_reference="none",
    currency="MXN",
    timezone="America/Mexico_City",
    valid_from=date(2026, 4, 1),
    valid_to=None,
    known_since=date(2026, 4, 1),
    cutover_s=3 * 3600,
    media=(Medium("mi_movilidad", "Mi Movilidad"), Medium("bank", "Bank card")),
    route_classes=(
        RouteClass("mass", "Mass transit", routes=("M-*",)),
        RouteClass("feeder", "Feeder", otherwise=True),
    ),
    fares=(FareRule("flat", 1100),),
    categories=(Category("student", "Student", price_minor=500, media=("mi_movilidad",)),),
    transfers=(transfer("in", "feeder", "mass"), transfer("out", "mass", "feeder")),
    programmes=(
        Programme("full", "100 %", "state", ("older",), 10_000, per_day=2, per_year=730),
        Programme("half", "50 %", "state", ("worker",), 5000, per_year=640),
    ),
    caps=(
        Cap("day", Period.DAY, DAY_CAP, 3 * 3600),
        Cap("week", Period.WEEK, WEEK_CAP, 3 * 3600),
    ),
)
AGREEMENT = Agreement(
    code="bench",
    title="By boarding",
    legal_reference="none",
    valid_from=date(2026, 4, 1),
    valid_to=None,
    known_since=date(2026, 4, 1),
    splits=(Split("by-boarding", SplitRule.BY_BOARDING),),
    collectors=(),
)


def buckets_of(accounts: int, days: int) -> Iterator[tuple[int, pa.Table]]:
    """Sealed buckets of `days` days of so many accounts, about 2.4 taps a day each."""
    for bucket in range(BUCKETS):
        mine = np.arange(bucket, accounts, BUCKETS, dtype=np.int64)
        yield bucket, conformed(_taps_of(mine, days, np.random.default_rng(bucket)), 0)


def _taps_of(accounts: npt.NDArray[np.int64], days: int, chance: np.random.Generator) -> pa.Table:
    # One rider-day a row: a ride out, most days a ride back, and changes on the way.
    owner = np.repeat(accounts, days)
    day_s = np.tile(FIRST_DAY_S + DAY_S * np.arange(days), len(accounts))
    size = len(owner)
    out_s = day_s + (4 * 3600 + chance.normal(3600, 2700, size)).clip(0, 8 * 3600).astype(np.int64)
    back_s = out_s + (9 * 3600 + chance.normal(0, 3600, size)).clip(3 * 3600, 11 * 3600).astype(
        np.int64
    )
    rides = []
    for starts, share in ((out_s, 1.0), (back_s, 0.8)):
        taken = chance.random(size) < share
        changes = chance.choice(4, size, p=[0.72, 0.24, 0.03, 0.01])
        for leg in range(4):
            kept = taken & (changes >= leg)
            wait = chance.integers(900, 2700, int(kept.sum())) * leg
            rides.append((owner[kept], starts[kept] + wait))
    account = np.concatenate([ride[0] for ride in rides])
    at_s = np.concatenate([ride[1] for ride in rides])
    order = np.lexsort((at_s, account))
    return _described(account[order], at_s[order], chance)


def _described(
    account: npt.NDArray[np.int64], at_s: npt.NDArray[np.int64], chance: np.random.Generator
) -> pa.Table:
    size = len(account)
    route = chance.integers(0, ROUTES, size).astype(np.int32)
    names = [f"{'M' if r < MASS_ROUTES else 'F'}-{r:03}" for r in range(ROUTES)]
    # What a rider is does not change from tap to tap.
    category = np.array([0, 0, 1, 2, 3, 3, 3, 3], np.int32)[(account * 2654435761 >> 7) % 8]
    medium = (((account * 40503) >> 3) % 5 == 0).astype(np.int32)
    return pa.table(
        {
            "account": account,
            "tapped_at_s": at_s,
            "route": _texts(route, names),
            "agency": _texts(route % 5, list("ABCDE")),
            "operator": _texts(route % 4, OPERATORS),
            "medium": _texts(medium, ["mi_movilidad", "bank"]),
            "category": _texts(category, CATEGORIES),
            "direction": _texts(np.zeros(size, np.int32), ["on"]),
        }
    )


def _texts(numbers: npt.NDArray[np.int32], texts: list[str] | list[str | None]) -> pa.Array:
    missing = texts.index(None) if None in texts else -1
    indices = pa.array(numbers, mask=numbers == missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array([t for t in texts if t])).cast(
        _DICTIONARY
    )
