"""The drawn paths of a feed: points of shapes in order."""

import numpy as np
import pyarrow as pa

from trama.programmes.mobility.networks.nouns import placed
from trama.programmes.mobility.networks.sheets import MAX_INNER_ID, Sheet
from trama.programmes.mobility.networks.values import Column, degrees_e6, whole_numbers


def read_shapes(sheet: Sheet) -> pa.Table:
    """`shape_id, sequence, lat_e6, lon_e6, row`, ordered by shape and sequence."""
    sheet.identify("shape_id", unique=False, limit=MAX_INNER_ID)
    number = whole_numbers(sheet.texts("shape_pt_sequence"))
    sheet.drop(~number.given, "sequence_unreadable")
    lat, lon = _position(sheet)
    sheet.drop(~placed(lat, lon), "position_unreadable")
    lat, lon = _position(sheet)
    number = whole_numbers(sheet.texts("shape_pt_sequence"))
    words = sheet.texts("shape_id").dictionary_encode()
    shape = words.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((number.values, shape))
    return pa.table(
        {
            "shape_id": words.take(pa.array(order)),
            "sequence": pa.array(number.values[order], pa.int32()),
            "lat_e6": pa.array(lat.values[order], pa.int32()),
            "lon_e6": pa.array(lon.values[order], pa.int32()),
            "row": sheet.at[order],
        }
    )


def _position(sheet: Sheet) -> tuple[Column, Column]:
    lat, lon = sheet.texts("shape_pt_lat"), sheet.texts("shape_pt_lon")
    return degrees_e6(lat, 90), degrees_e6(lon, 180)
