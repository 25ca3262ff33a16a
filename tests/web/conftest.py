"""One server for all tests of the skin."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, served without any city."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "static").mkdir()
    given = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "TRAMA_DEBUG"}}
    with served({**given, "TRAMA_HOME": str(home)}) as address:
        yield address
