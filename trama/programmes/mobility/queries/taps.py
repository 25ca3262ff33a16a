"""What is known of taps: the words of a day, what is held, and what a sealed day already has."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet

from trama.foundations.registry.models import City
from trama.programmes.mobility.models import HeldTap, Route, Stop
from trama.programmes.mobility.queries.networks import networks_on
from trama.programmes.mobility.queries.tariffs import find_tariff_on
from trama.programmes.mobility.sealed.layout import (
    TAPS,
    Groups,
    day_folder,
    revisions_of,
    sealed_path,
)

# A tap as its device told it; its device and sequence are its name.
TOLD = pa.schema(
    [
        ("device", pa.string()),
        ("sequence", pa.int64()),
        ("token", pa.string()),
        ("medium", pa.string()),
        ("tapped_at_s", pa.int64()),
        ("route", pa.string()),
        ("stop", pa.string()),
        ("vehicle", pa.string()),
        ("direction", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Words:
    """The routes and stops of a day's networks and the media of its tariff, as string arrays."""

    routes: pa.Array
    stops: pa.Array
    media: pa.Array


def words_on(city: City, day: date) -> Words:
    """The words a tap of `day` may use. Nothing loaded or published means no words.

    Kept between calls for as long as the city's networks and tariffs are the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [city.pk, city.pk])
        return _words_on(city, day, tuple(cursor.fetchall()))


# One small statement for each batch of taps; a digest is all that a document or a feed says.
_STAMP = """
    SELECT feed, digest, valid_from, NULL FROM mobility_network WHERE city_id = %s
    UNION ALL SELECT '', digest, valid_from, valid_to FROM mobility_tariff WHERE city_id = %s
"""


@lru_cache(maxsize=64)
def _words_on(city: City, day: date, stamp: tuple[object, ...]) -> Words:
    networks = list(networks_on(city, day))
    routes = Route.objects.filter(network__in=networks).values_list("route_id", flat=True)
    stops = Stop.objects.filter(network__in=networks).values_list("stop_id", flat=True)
    return Words(
        routes=pa.array(list(routes), pa.string()),
        stops=pa.array(list(stops), pa.string()),
        media=pa.array(_media_on(city, day), pa.string()),
    )


def _media_on(city: City, day: date) -> list[str]:
    found = find_tariff_on(city, day)
    return [medium.code for medium in found[0].media] if found else []


def held_taps(
    city: City, *, reason: str = "", state: str = HeldTap.State.HELD
) -> QuerySet[HeldTap]:
    """Taps kept aside in a state, of one reason or of all, the newest first.

    `content["tap"]` has the fields that were sent; a conflict also has the tap that was kept
    first as `content["kept"]`.
    """
    held = HeldTap.objects.filter(city=city, state=state).order_by("-pk")
    return held.filter(reason=reason) if reason else held


def counts_of_held(city: City, *, state: str = HeldTap.State.HELD) -> dict[str, int]:
    """How many taps are kept aside in a state, by reason."""
    counted = HeldTap.objects.filter(city=city, state=state).values_list("reason")
    return dict(counted.annotate(taps=Count("pk")).order_by("reason"))


def sealed_matches(city: City, day: date, pairs: pa.Table) -> pa.Table:
    """The taps of a sealed `day` that have one of `pairs`, as they were told.

    `pairs` is (place: int64, device: string, sequence: int64); the answer is (place, `TOLD`), a
    row for every pair found. The day's sequences are read whole, the rest where one of them is.
    """
    folder = day_folder(settings.HOME, city.code, day)
    found = [pa.schema([("place", pa.int64()), *TOLD]).empty_table()]
    for revision in revisions_of(folder, TAPS):
        # A later revision repeats what an earlier one has of the accounts it touched.
        here = _matches_in(sealed_path(folder, TAPS, revision), pairs)
        pairs = pairs.filter(pc.invert(pc.is_in(pairs["place"], here["place"])))
        found.append(here)
    return pa.concat_tables(found)


def _matches_in(file: Path, pairs: pa.Table) -> pa.Table:
    sequences = pairs["sequence"].combine_chunks()
    told = [TOLD.empty_table()]
    with Groups(file) as groups:
        for group in range(len(groups.buckets)):
            suspects = pc.is_in(groups.read(group, ["sequence"])["sequence"], sequences)
            if pc.any(suspects).as_py():
                rows = groups.read(group).filter(suspects)
                told.append(_as_told(rows).cast(TOLD))
    keys = ["device", "sequence"]
    both = pairs.join(pa.concat_tables(told), keys, join_type="inner", use_threads=False)
    return both.select(["place", *TOLD.names])


def _as_told(rows: pa.Table) -> pa.Table:
    """The columns of `TOLD`, without the routes that closing found from stops."""
    found = pc.equal(rows["route_told"], False)
    route = pc.if_else(pc.fill_null(found, False), None, pc.cast(rows["route"], pa.string()))
    told = rows.select(TOLD.names)
    return told.set_column(told.column_names.index("route"), "route", route)
