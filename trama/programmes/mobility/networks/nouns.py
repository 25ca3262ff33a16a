"""Agencies, routes and stops of a feed, cleaned. Each reader gives an Arrow table."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.networks.sheets import MAX_ID, Sheet, mask
from trama.programmes.mobility.networks.values import (
    Column,
    Mask,
    degrees_e6,
    whole_numbers,
)

MAX_ROUTE_TYPE = 1799  # the extended types end below


def read_agencies(sheet: Sheet, timezone: str) -> pa.Table:
    """`agency_id, name`. One agency may leave out its identifier: its name stands for it."""
    if len(sheet) == 1:
        _fill(sheet, "agency_id", sheet.texts("agency_name"), "agency_id_missing")
    sheet.identify("agency_id")
    _fill(sheet, "agency_name", sheet.texts("agency_id"), "name_missing")
    sheet.shorten("agency_name", 200)
    zones = sheet.texts("agency_timezone")
    differs = pc.and_(pc.not_equal(zones, ""), pc.not_equal(zones, timezone))
    sheet.mend(mask(differs), "timezone_differs")
    return pa.table({"agency_id": sheet.texts("agency_id"), "name": sheet.texts("agency_name")})


def read_routes(sheet: Sheet, agencies: pa.Table) -> pa.Table:
    """`route_id, agency_id, short_name, long_name, colour, route_type`."""
    known = agencies.column("agency_id")
    sheet.identify("route_id")
    if len(known) == 1:
        _fill(sheet, "agency_id", pa.repeat(known[0], len(sheet)), "agency_filled")
    sheet.refer("agency_id", known, "agency_unknown")
    types = sheet.read("route_type", whole_numbers, "route_type_unreadable")
    sheet.drop(types.blank | (types.values > MAX_ROUTE_TYPE), "route_type_unreadable")
    types = whole_numbers(sheet.texts("route_type"))
    _name_routes(sheet)
    _clean_colours(sheet)
    return pa.table(
        {
            "route_id": sheet.texts("route_id"),
            "agency_id": sheet.texts("agency_id"),
            "short_name": sheet.texts("route_short_name"),
            "long_name": sheet.texts("route_long_name"),
            "colour": sheet.texts("route_color"),
            "route_type": pa.array(types.values, pa.int32()),
        }
    )


def read_stops(sheet: Sheet) -> pa.Table:
    """`stop_id, name, lat_e6, lon_e6, zone_id, row`; a stop without position has its parent's.

    `row` is the number of the row in its file, so that stops left out later can be shown.
    """
    sheet.identify("stop_id")
    lat, lon = _positions(sheet)
    _fill(sheet, "stop_name", sheet.texts("stop_id"), "name_missing")
    sheet.shorten("stop_name", 200)
    sheet.shorten("zone_id", MAX_ID)
    return pa.table(
        {
            "stop_id": sheet.texts("stop_id"),
            "name": sheet.texts("stop_name"),
            "lat_e6": pa.array(lat.values, pa.int32()),
            "lon_e6": pa.array(lon.values, pa.int32()),
            "zone_id": sheet.texts("zone_id"),
            "row": sheet.at,
        }
    )


def placed(lat: Column, lon: Column) -> Mask:
    """Rows that lie on Earth; 0, 0 is what software writes when it does not know."""
    on_map: Mask = lat.given & lon.given & ((lat.values != 0) | (lon.values != 0))
    return on_map


def _positions(sheet: Sheet) -> tuple[Column, Column]:
    lat = degrees_e6(sheet.texts("stop_lat"), 90)
    lon = degrees_e6(sheet.texts("stop_lon"), 180)
    lost = ~placed(lat, lon)
    if lost.any():
        parent = pc.index_in(sheet.texts("parent_station"), value_set=sheet.texts("stop_id"))
        at = parent.fill_null(-1).to_numpy(zero_copy_only=False)
        mended = lost & (at >= 0) & ~lost[at]
        for column in ("stop_lat", "stop_lon"):
            texts = sheet.texts(column)
            of_parent = texts.take(pa.array(np.where(at >= 0, at, 0)))
            sheet.replace(column, pc.if_else(pa.array(mended), of_parent, texts))
        sheet.mend(mended, "position_of_parent")
        sheet.drop(lost & ~mended, "position_unreadable")
    return degrees_e6(sheet.texts("stop_lat"), 90), degrees_e6(sheet.texts("stop_lon"), 180)


def _fill(sheet: Sheet, column: str, texts: pa.Array, reason: str) -> None:
    blank = pc.equal(sheet.texts(column), "")
    sheet.mend(mask(blank), reason)
    sheet.replace(column, pc.if_else(blank, texts, sheet.texts(column)))


def _name_routes(sheet: Sheet) -> None:
    short, long = sheet.texts("route_short_name"), sheet.texts("route_long_name")
    nameless = pc.and_(pc.equal(short, ""), pc.equal(long, ""))
    sheet.mend(mask(nameless), "name_missing")
    sheet.replace("route_short_name", pc.if_else(nameless, sheet.texts("route_id"), short))
    sheet.shorten("route_short_name", 120)
    sheet.shorten("route_long_name", 300)


def _clean_colours(sheet: Sheet) -> None:
    bare = pc.utf8_upper(pc.utf8_ltrim(sheet.texts("route_color"), "#"))
    fits = pc.match_substring_regex(bare, "^[0-9A-F]{6}$")
    sheet.mend(mask(pc.and_(pc.invert(fits), pc.not_equal(bare, ""))), "colour_unreadable")
    sheet.replace("route_color", pc.if_else(fits, bare, ""))
