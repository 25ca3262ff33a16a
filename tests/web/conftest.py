"""One server and one browser for all tests of pages."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import browser, chromium, served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, served without any city."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    given = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "TRAMA_DEBUG"}}
    with served({**given, "TRAMA_HOME": str(home)}) as address:
        yield address


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    """A headless browser, or a skipped test where the machine has none."""
    if chromium() is None:
        pytest.skip("no chromium on this machine")
    with browser() as opened:
        yield opened
