"""The columns of a priced tap."""

import pyarrow as pa

ROW_SCHEMA = pa.schema(
    [
        pa.field("journey", pa.int32(), nullable=False),
        pa.field("leg", pa.uint8(), nullable=False),
        pa.field("single_minor", pa.int32(), nullable=False),
        pa.field("fare_minor", pa.int32(), nullable=False),
        pa.field("programme_minor", pa.int32(), nullable=False),
        pa.field("programme", pa.uint8(), nullable=False),
        pa.field("tendered_minor", pa.int32(), nullable=False),
        pa.field("share_minor", pa.int32(), nullable=False),
        pa.field("rule", pa.uint32(), nullable=False),
    ]
)
"""See `pricing.price` for what they mean. Reading them must not import the compiler."""
