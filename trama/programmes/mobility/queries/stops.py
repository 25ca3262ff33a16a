"""Which routes call at a stop."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trama.foundations.registry.models import City
from trama.programmes.mobility.networks.files import read_part, read_parts
from trama.programmes.mobility.queries.networks import networks_on

CALLS = pa.schema([("stop_id", pa.string()), ("route_id", pa.string())])


def routes_at_stops(city: City, day: date, *, home: Path) -> pa.Table:
    """`stop_id, route_id`: every route that calls at each stop in force on `day`, once."""
    tables = [_calls(home, network.digest) for network in networks_on(city, day)]
    return pa.concat_tables([CALLS.empty_table(), *tables])


def _calls(home: Path, digest: str) -> pa.Table:
    parts = read_parts(home, digest, "trips", "stops")
    if len(parts) < 2:
        return CALLS.empty_table()
    calls = read_part(home, digest, "stop_times", ["trip", "stop"])
    route = pc.cast(parts["trips"]["route_id"], pa.string()).take(calls["trip"])
    stop = pc.cast(parts["stops"]["stop_id"], pa.string()).take(calls["stop"])
    pairs = pa.table([stop, route], schema=CALLS)
    return pairs.group_by(CALLS.names, use_threads=False).aggregate([])
