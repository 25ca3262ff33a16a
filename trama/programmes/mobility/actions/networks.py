"""Loading networks: a feed becomes a version, whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.text import slugify

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.foundations.registry.sets import staged as rows_staged
from trama.programmes.mobility.models import Agency, Closing, Network, Route
from trama.programmes.mobility.networks.archive import digest_of, open_archive
from trama.programmes.mobility.networks.drawings import draw_routes
from trama.programmes.mobility.networks.feed import Feed, read_feed
from trama.programmes.mobility.networks.files import publish, staged, withdraw
from trama.programmes.mobility.networks.prefix import prefixed
from trama.programmes.mobility.queries.networks import networks_on

_INSERT_STOPS = """
    INSERT INTO mobility_stop (network_id, stop_id, name, lat_e6, lon_e6, zone_id)
    SELECT %s, stop_id, name, lat_e6, lon_e6, zone_id FROM loading_stops
"""
MAX_TEXT = 300
MAX_PREFIX = 15  # with the longest identifier of a feed it fits where identifiers are kept


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading came to. `is_new` is False when this very feed was there already."""

    network: Network
    is_new: bool


def load_network(
    *,
    city: City,
    path: Path,
    home: Path,
    at_s: int,
    feed: str = "",
    valid_from: date | None = None,
    source: str = "",
    licence: str = "",
    routes_only: bool = False,
    prefix: bool | None = None,
) -> LoadReport:
    """Load a GTFS Schedule feed as a version of the network, whole or not at all.

    `feed` names what the file is a version of (by default the file's own name); a city may have
    several, all in force together. The version counts from `valid_from`, by default the day the
    feed says it starts. `prefix` writes `feed:` before the identifiers of agencies, routes and
    stops, for feeds that use the same ones; by default as in the feed's last version.
    The same content again changes nothing. `home` is the folder of the installation's files.

    Refused: `feed_*` for what is wrong in the file, `network_has_no_first_day`,
    `network_is_valid_from_another_day`, `network_version_exists`, `closed_day_keeps_its_network`,
    `feed_name_unreadable`, `route_is_in_two_feeds`, `agency_is_in_two_feeds`.
    """
    name = _feed_name(feed or slugify(path.stem)[:60])
    before = Network.objects.filter(city=city, feed=name).order_by("-valid_from").first()
    mark = _prefix(name, prefix, before)
    with open_archive(path) as archive:
        digest = digest_of(archive, f"{mark}{' routes only' if routes_only else ''}")
        same = Network.objects.filter(city=city, feed=name, digest=digest).first()
        if same is not None:
            return _unchanged(same, valid_from)
        read = read_feed(archive, timezone=city.timezone, routes_only=routes_only)
    if mark:
        read = prefixed(read, mark)
    network = Network(
        city=city,
        feed=name,
        digest=digest,
        valid_from=_first_day(valid_from or read.starts),
        source=(source or read.publisher or path.name)[:MAX_TEXT],
        licence=licence[:MAX_TEXT],
        loaded_at_s=at_s,
    )
    lines = {} if routes_only else _drawn(read)
    network.report = {
        **read.report.as_json(),
        "routes_only": routes_only,
        "prefixed": bool(mark),
        "rows": {table: rows.num_rows for table, rows in read.tables.items()},
    }
    _keep(network, read, lines, home)
    return LoadReport(network, is_new=True)


def _first_day(told: date | None) -> date:
    if told is None:
        raise Refused(
            "network_has_no_first_day",
            gettext_noop("The feed does not say from which day it is valid."),
            remedy=gettext_noop("Say it with --valid-from YYYY-MM-DD."),
        )
    return told


def _feed_name(name: str) -> str:
    if not name or slugify(name) != name or len(name) > 60:
        raise Refused(
            "feed_name_unreadable",
            gettext_noop("“{feed}” is no name for a feed."),
            remedy=gettext_noop("Use small letters, digits and hyphens, 60 at most: --feed bus"),
            feed=name,
        )
    return name


def _prefix(feed: str, asked: bool | None, before: Network | None) -> str:
    wanted = asked if asked is not None else bool(before and before.report.get("prefixed"))
    if wanted and len(feed) >= MAX_PREFIX:
        raise Refused(
            "feed_name_unreadable",
            gettext_noop("“{feed}” is too long to stand before every identifier."),
            remedy=gettext_noop("Give the feed a name of 14 letters at most: --feed bus"),
            feed=feed,
        )
    return f"{feed}:" if wanted else ""


def _unchanged(network: Network, valid_from: date | None) -> LoadReport:
    if valid_from not in (None, network.valid_from):
        raise Refused(
            "network_is_valid_from_another_day",
            gettext_noop("This very feed is loaded already, valid from {day}."),
            remedy=gettext_noop("A version keeps its day: load without --valid-from."),
            day=network.valid_from,
        )
    return LoadReport(network, is_new=False)


def _drawn(read: Feed) -> Mapping[str, Any]:
    drawing = draw_routes(read.tables)
    for code, routes in (
        ("lines_from_shapes", drawing.from_shapes),
        ("lines_from_stops", drawing.from_stops),
    ):
        if routes:
            read.report.note(code, routes=routes, tolerance_m=drawing.tolerance_m)
    return drawing.lines


def _keep(network: Network, read: Feed, lines: Mapping[str, Any], home: Path) -> None:
    """Files first, then the rows in one transaction; when those fail, the files go again."""
    with staged(home, read.tables) as staging:
        moved = False
        try:
            with transaction.atomic():
                _refuse_clashes(network, read)
                moved = publish(staging, home, network.digest)
                network.save(force_insert=True)
                _insert(network, read, lines)
        except BaseException:
            if moved:
                withdraw(home, network.digest)
            raise


def _refuse_clashes(network: Network, read: Feed) -> None:
    versions = Network.objects.filter(city=network.city, feed=network.feed)
    if versions.filter(valid_from=network.valid_from).exists():
        raise Refused(
            "network_version_exists",
            gettext_noop("Another version of the feed “{feed}” is valid from {day} already."),
            remedy=gettext_noop("Say from which later day this one counts: --valid-from."),
            feed=network.feed,
            day=network.valid_from,
        )
    after = versions.filter(valid_from__gt=network.valid_from).order_by("valid_from").first()
    _refuse_closed(network, after)
    for other in _beside(network, after):
        _refuse_shared(network, other, read)


def _refuse_closed(network: Network, after: Network | None) -> None:
    """Days that were closed with an older version keep it."""
    older = Network.objects.filter(
        city=network.city, feed=network.feed, valid_from__lt=network.valid_from
    )
    closed = Closing.objects.filter(city=network.city, service_date__gte=network.valid_from)
    if after is not None:
        closed = closed.filter(service_date__lt=after.valid_from)
    last = closed.order_by("-service_date").first()
    if last is not None and older.exists():
        raise Refused(
            "closed_day_keeps_its_network",
            gettext_noop(
                "{day} is closed with an older version of the feed “{feed}”; closed days keep it."
            ),
            remedy=gettext_noop("Say from which later day this one counts: --valid-from {next}"),
            day=last.service_date,
            feed=network.feed,
            next=last.service_date + timedelta(days=1),
        )


def _beside(network: Network, after: Network | None) -> Sequence[Network]:
    """Versions of the city's other feeds that share a day with this one."""
    others = Network.objects.filter(city=network.city).exclude(feed=network.feed)
    if after is not None:
        others = others.filter(valid_from__lt=after.valid_from)
    begun = {n.pk for n in networks_on(network.city, network.valid_from)}
    return [n for n in others if n.valid_from > network.valid_from or n.pk in begun]


def _refuse_shared(network: Network, other: Network, read: Feed) -> None:
    routes = set(read.tables["routes"].column("route_id").to_pylist())
    theirs = set(other.routes.values_list("route_id", flat=True))
    agencies = dict(
        zip(
            *(read.tables["agencies"].column(c).to_pylist() for c in ("agency_id", "name")),
            strict=True,
        )
    )
    named = other.agencies.values_list("agency_id", "name")
    misnamed = sorted(a for a, name in named if agencies.get(a, name) != name)
    shared = sorted(routes & theirs)
    if shared or misnamed:
        raise Refused(
            "route_is_in_two_feeds" if shared else "agency_is_in_two_feeds",
            gettext_noop(
                "“{id}” is in the feed “{other}” too; a tap could not tell which is meant."
            ),
            remedy=gettext_noop(
                "If this is a newer version of that feed, load it with --feed {other}. If not, "
                "load it with --prefix: its identifiers then begin with “{feed}:”."
            ),
            id=(shared or misnamed)[0],
            other=other.feed,
            feed=network.feed,
        )


def _insert(network: Network, read: Feed, lines: Mapping[str, Any]) -> None:
    agencies = {
        row["agency_id"]: Agency(network=network, **row)
        for row in read.tables["agencies"].to_pylist()
    }
    Agency.objects.bulk_create(agencies.values())
    trips = _trips_by_route(read)
    Route.objects.bulk_create(
        Route(
            network=network,
            agency=agencies[row.pop("agency_id")],
            trips=trips.get(row["route_id"], 0),
            lines=lines.get(row["route_id"], []),
            **row,
        )
        for row in read.tables["routes"].to_pylist()
    )
    if "stops" in read.tables:
        with rows_staged("loading_stops", _widened(read.tables["stops"])) as cursor:
            cursor.execute(_INSERT_STOPS, [network.pk])


def _widened(table: pa.Table) -> pa.Table:
    """Whole numbers as 64 bits, which is how rows are staged."""
    fields = [
        field.with_type(pa.int64()) if pa.types.is_integer(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _trips_by_route(read: Feed) -> dict[str, int]:
    if "trips" not in read.tables:
        return {}
    routes = read.tables["trips"].column("route_id").cast(pa.string())
    return {row["values"]: row["counts"] for row in routes.value_counts().to_pylist()}
