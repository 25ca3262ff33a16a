"""The name of a feed before its identifiers, for cities whose feeds use the same ones."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.networks.feed import Feed

PREFIXED = {
    "agencies": ("agency_id",),
    "routes": ("route_id", "agency_id"),
    "stops": ("stop_id",),
    "trips": ("route_id",),
    "fare_attributes": ("agency_id",),
    "fare_rules": ("route_id",),
}


def prefixed(feed: Feed, prefix: str) -> Feed:
    """`feed` with `prefix` before the identifiers of agencies, routes and stops; blanks stay."""
    tables = dict(feed.tables)
    for name, columns in PREFIXED.items():
        for column in columns if name in tables else ():
            tables[name] = _with_prefix(tables[name], column, prefix)
    feed.report.note("prefixed", prefix=prefix)
    return replace(feed, tables=tables)


def _with_prefix(table: pa.Table, column: str, prefix: str) -> pa.Table:
    plain = table.column(column).cast(pa.string())
    named = pc.if_else(pc.equal(plain, ""), "", pc.binary_join_element_wise(prefix, plain, ""))
    if pa.types.is_dictionary(table.column(column).type):
        named = named.dictionary_encode()
    return table.set_column(table.schema.get_field_index(column), column, named)
