"""Which trips run on a day."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def services_on(tables: Mapping[str, pa.Table], day: date) -> set[str]:
    """Identifiers of the services that run on `day`: the calendar, then its exceptions."""
    running: set[str] = set()
    if "calendar" in tables:
        within = (pc.field("start_date") <= day) & (pc.field("end_date") >= day)
        bit = 1 << day.weekday()
        on_weekday = pc.bit_wise_and(pc.field("days"), pa.scalar(bit, pa.int8())) != 0
        rows = tables["calendar"].filter(within & on_weekday)
        running.update(rows.column("service_id").to_pylist())
    if "calendar_dates" in tables:
        for row in tables["calendar_dates"].filter(pc.field("date") == day).to_pylist():
            (running.add if row["exception_type"] == 1 else running.discard)(row["service_id"])
    return running


def departures_on(tables: Mapping[str, pa.Table], day: date) -> int:
    """Trips that leave on `day`; one that repeats by frequencies counts each departure."""
    services = pa.array(sorted(services_on(tables, day)), pa.string())
    service = tables["trips"].column("service_id").cast(pa.string())
    runs = pc.is_in(service, value_set=services).to_numpy()
    times = np.ones(len(runs), np.int64)
    if "frequencies" in tables and tables["frequencies"].num_rows:
        repeats = tables["frequencies"]
        trip, start, end, headway = (
            repeats.column(name).to_numpy() for name in ("trip", "start_s", "end_s", "headway_s")
        )
        times[trip] = 0
        np.add.at(times, trip, -(-(end - start) // headway))
    return int(times[runs].sum())
