"""A small hand-made feed, and the ways in which tests spoil it."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from trama.programmes.mobility.networks.archive import digest_of, open_archive
from trama.programmes.mobility.networks.feed import Feed, read_feed

VALLE: Mapping[str, str] = {
    "agency.txt": """\
agency_id,agency_name,agency_url,agency_timezone
norte,Autobuses del Norte,https://norte.example,America/Mexico_City
sur,Tranvías del Sur,https://sur.example,America/Mexico_City
""",
    "routes.txt": """\
route_id,agency_id,route_short_name,route_long_name,route_color,route_type
10,norte,10,Centro – Mercado,0A7F3F,3
20,sur,20,Centro – Río,,0
""",
    "stops.txt": """\
stop_id,stop_name,stop_lat,stop_lon,zone_id
A,Centro,19.280000,-99.650000,1
B,Alameda,19.290000,-99.650000,1
C,Mercado,19.300000,-99.640000,2
D,Río,19.270000,-99.660000,2
Z,Bodega,19.000000,-99.000000,
""",
    "trips.txt": """\
route_id,service_id,trip_id,trip_headsign,direction_id
10,laborable,t1,Mercado,0
10,laborable,t2,Centro,1
20,diario,t3,Río,0
""",
    "stop_times.txt": """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence
t1,05:00:00,05:00:00,A,1
t1,05:10:00,05:11:00,B,2
t1,05:20:00,05:20:00,C,3
t2,23:50:00,23:50:00,C,1
t2,24:05:00,24:05:00,B,2
t2,25:10:00,25:10:00,A,3
t3,06:00:00,06:00:00,A,1
t3,06:15:00,06:15:00,D,2
""",
    "calendar.txt": """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
laborable,1,1,1,1,1,0,0,20260101,20261231
diario,1,1,1,1,1,1,1,20260101,20261231
""",
    "calendar_dates.txt": """\
service_id,date,exception_type
laborable,20260501,2
laborable,20260502,1
""",
    "frequencies.txt": """\
trip_id,start_time,end_time,headway_secs
t3,06:00:00,08:00:00,600
t3,08:00:00,09:10:00,1200
""",
    "fare_attributes.txt": """\
fare_id,price,currency_type,payment_method,transfers
normal,14,MXN,0,
""",
    "fare_rules.txt": "fare_id,route_id\nnormal,10\nnormal,\n",
    "feed_info.txt": """\
feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_version
Valle,https://valle.example,es,20260201,1
""",
}


def pack(
    path: Path, files: Mapping[str, str | bytes | None] | None = None, *, top: str = ""
) -> Path:
    """Zip the feed with some files replaced, or left out where None, under `path`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in {**VALLE, **(files or {})}.items():
            if content is not None:
                made.writestr(top + name, content)
    return path


def read(
    path: Path, files: Mapping[str, str | bytes | None] | None = None, *, routes_only: bool = False
) -> Feed:
    """The feed as it is read with some files replaced."""
    with open_archive(pack(path / "feed.zip", files)) as archive:
        digest_of(archive)
        return read_feed(archive, timezone="America/Mexico_City", routes_only=routes_only)


def spoilt(name: str, *changes: tuple[str, str]) -> dict[str, str | bytes | None]:
    """One file of the feed with texts replaced; each must be there."""
    content = VALLE[name]
    for old, new in changes:
        assert old in content, old
        content = content.replace(old, new)
    return {name: content}


def reasons(feed: Feed, name: str) -> dict[str, tuple[int, list[int]]]:
    """Rows and example lines by reason that the report tells of a file."""
    findings = feed.report.of(name).findings.values()
    return {f.reason: (f.rows, [line for line, _ in f.lines]) for f in findings}
