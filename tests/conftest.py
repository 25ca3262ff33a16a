"""What every test run says and needs: its databases, emptying append-only tables, a browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings

from tests import postgres
from tests.browser import browser, chromium

settings.register_profile("trama", deadline=None)
settings.load_profile("trama")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Which databases this run used; at the end, because a quiet run has no header."""
    if connection.vendor == "postgresql":
        used = "PostgreSQL"
    elif again := postgres.available():
        used = f"SQLite; {again} for test_on_postgresql.py, which runs the data layer again"
    else:
        used = "SQLite only (no PostgreSQL is reachable or installed)"
    terminalreporter.write_line(f"databases: {used}")


@pytest.fixture(scope="session", autouse=True)
def _emptying_between_tests() -> Any:
    """Tests that commit are followed by a flush, which append-only tables rightly refuse.

    For its duration their triggers are out of force: switched off in the session on PostgreSQL,
    dropped and made again on SQLite.
    """
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def flush_without_triggers(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                flush(self)
                cursor.execute("SET session_replication_role = DEFAULT")
                return
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(self)
            for _, sql in triggers:
                cursor.execute(sql.replace("%", "%%"))

    TransactionTestCase._fixture_teardown = flush_without_triggers  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """A headless browser, or a skipped test where the machine has none.

    One for all tests: a second would find the event loop of the first in its thread.
    """
    if chromium() is None:
        pytest.skip("no chromium on this machine")
    with browser() as opened:
        yield opened
