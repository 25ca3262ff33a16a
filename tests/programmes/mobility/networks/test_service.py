"""Which trips leave on a day."""

from datetime import date
from pathlib import Path

import pytest

from tests.programmes.mobility.networks.feeds import read
from trama.programmes.mobility.networks.service import departures_on, services_on

OF_T3 = 12 + 4  # every 10 minutes of two hours, then 8:00, 8:20, 8:40 and 9:00


@pytest.mark.parametrize(
    ("day", "services", "trips"),
    [
        (date(2026, 4, 30), {"laborable", "diario"}, 2 + OF_T3),
        (date(2026, 5, 1), {"diario"}, OF_T3),  # a Friday taken out
        (date(2026, 5, 2), {"laborable", "diario"}, 2 + OF_T3),  # a Saturday put in
        (date(2026, 5, 3), {"diario"}, OF_T3),
        (date(2025, 12, 31), set(), 0),
        (date(2027, 1, 1), set(), 0),
    ],
)
def test_the_calendar_its_exceptions_and_frequencies(
    tmp_path: Path, day: date, services: set[str], trips: int
) -> None:
    tables = read(tmp_path).tables
    assert services_on(tables, day) == services
    assert departures_on(tables, day) == trips


def test_a_feed_of_dates_alone(tmp_path: Path) -> None:
    tables = read(tmp_path, {"calendar.txt": None, "frequencies.txt": None}).tables
    assert departures_on(tables, date(2026, 5, 2)) == 2
    assert departures_on(tables, date(2026, 5, 3)) == 0
