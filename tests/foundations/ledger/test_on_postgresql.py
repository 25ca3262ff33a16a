"""The data layer's tests, once more, on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests import postgres

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.postgres
def test_the_data_layer_holds_on_postgresql(tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("this run is already on PostgreSQL")
    if not postgres.available():
        pytest.skip("no PostgreSQL is reachable or installed")
    command = [sys.executable, "-m", "pytest", "-m", "data_layer and not slow", "-n", "0"]
    with postgres.server() as url:
        environment = os.environ | {"DATABASE_URL": url, "TRAMA_HOME": str(tmp_path)}
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "databases: PostgreSQL" in run.stdout
