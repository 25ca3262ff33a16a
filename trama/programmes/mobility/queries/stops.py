"""Which routes call at a stop."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trama.foundations.registry.models import City
from trama.programmes.mobility.networks.files import read_part, read_parts
from trama.programmes.mobility.queries.networks import networks_on


def routes_at_stops(city: City, day: date, *, home: Path) -> pa.Table:
    """`stop_id, route_id`: the first route by name that calls at each stop in force on `day`."""
    tables = [_first_routes(home, network.digest) for network in networks_on(city, day)]
    empty = pa.table({"stop_id": pa.array([], pa.string()), "route_id": pa.array([], pa.string())})
    return pa.concat_tables([empty, *tables])


def _first_routes(home: Path, digest: str) -> pa.Table:
    parts = read_parts(home, digest, "trips", "stops")
    if len(parts) < 2:
        return pa.table(
            {"stop_id": pa.array([], pa.string()), "route_id": pa.array([], pa.string())}
        )
    calls = read_part(home, digest, "stop_times", ["trip", "stop"])
    route = pc.cast(parts["trips"]["route_id"], pa.string()).take(calls["trip"])
    stop = pc.cast(parts["stops"]["stop_id"], pa.string()).take(calls["stop"])
    first = pa.table({"stop_id": stop, "route_id": route}).group_by("stop_id")
    return first.aggregate([("route_id", "min")]).rename_columns(["stop_id", "route_id"])
