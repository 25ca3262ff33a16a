"""A server with two cities, for all tests of mobility's pages that need a browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import chromium, served


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the two cities, for tests that need a browser."""
    if chromium() is None:
        pytest.skip("no chromium on this machine")
    home: Path = tmp_path_factory.mktemp("served")
    (home / "static").mkdir()
    given = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "TRAMA_DEBUG"}}
    environment = {**given, "TRAMA_HOME": str(home)}
    command = [sys.executable, "-m", "tests.programmes.mobility.pages.staging"]
    subprocess.run(command, env=environment, check=True)
    with served(environment) as address:
        yield address
