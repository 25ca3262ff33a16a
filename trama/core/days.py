"""Instants are epoch seconds (UTC); a service day is a local date that begins at the cut-over."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_S = 86_400


def local_instant(instant_s: int, timezone: str) -> datetime:
    """The wall clock of `timezone` at `instant_s`."""
    return datetime.fromtimestamp(instant_s, ZoneInfo(timezone))


def service_date(instant_s: int, timezone: str, cutover_s: int) -> date:
    """The service day of an instant; before the cut-over (wall-clock seconds) it is yesterday."""
    wall = local_instant(instant_s, timezone)
    since_midnight_s = wall.hour * 3600 + wall.minute * 60 + wall.second
    return wall.date() - timedelta(days=1) if since_midnight_s < cutover_s else wall.date()


def service_day_bounds(day: date, timezone: str, cutover_s: int) -> tuple[int, int]:
    """First instant of the service day and first instant after it, in epoch seconds."""
    zone = ZoneInfo(timezone)
    wall = time(cutover_s // 3600, cutover_s // 60 % 60, cutover_s % 60)
    first = datetime.combine(day, wall, zone)
    after = datetime.combine(day + timedelta(days=1), wall, zone)
    return int(first.timestamp()), int(after.timestamp())


def parse_instant(text: str) -> int:
    """RFC 3339 with an offset, to epoch seconds. `ValueError` when the offset is missing."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return int(instant.timestamp())


def utc_text(instant_s: int) -> str:
    """`2026-04-15T12:00:00Z`."""
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
