"""What a feed says about fares (GTFS Fares v1), kept as it is told; a tariff decides the price."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trama.core.money import MINOR_DIGITS
from trama.programmes.mobility.networks.sheets import Sheet, mask
from trama.programmes.mobility.networks.values import Column, prices_minor, whole_numbers


def read_fare_attributes(sheet: Sheet) -> pa.Table:
    """`fare_id, price_minor, currency, payment_method, transfers, transfer_duration_s, agency_id`.

    `transfers` is null when they are not limited.
    """
    sheet.identify("fare_id")
    currency = pc.utf8_upper(sheet.texts("currency_type"))
    sheet.replace("currency_type", currency)
    sheet.drop(~mask(pc.match_substring_regex(currency, "^[A-Z]{3}$")), "price_unreadable")
    sheet.drop(~_prices(sheet).given, "price_unreadable")
    return pa.table(
        {
            "fare_id": sheet.texts("fare_id"),
            "price_minor": pa.array(_prices(sheet).values, pa.int64()),
            "currency": sheet.texts("currency_type"),
            "payment_method": _whole_or_null(sheet, "payment_method"),
            "transfers": _whole_or_null(sheet, "transfers"),
            "transfer_duration_s": _whole_or_null(sheet, "transfer_duration"),
            "agency_id": sheet.texts("agency_id"),
        }
    )


def read_fare_rules(sheet: Sheet, fares: pa.Array, routes: pa.Array) -> pa.Table:
    """`fare_id, route_id, origin_id, destination_id, contains_id`; blank applies to all."""
    sheet.refer("fare_id", fares, "fare_unknown")
    known = pa.concat_arrays([routes, pa.array([""])])
    sheet.refer("route_id", known, "route_unknown")
    return pa.table(sheet.rows)


def _prices(sheet: Sheet) -> Column:
    digits = [MINOR_DIGITS.get(code, 2) for code in sheet.texts("currency_type").to_pylist()]
    return prices_minor(sheet.texts("price"), pa.array(digits, pa.int64()))


def _whole_or_null(sheet: Sheet, column: str) -> pa.Array:
    number = whole_numbers(sheet.texts(column))
    return pa.array(number.values.astype(np.int32), pa.int32(), mask=~number.given)
