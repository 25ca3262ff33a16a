"""`trama demo` as a stranger runs it: in processes of its own, in a folder of its own."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import pytest

TRAMA = Path(sys.executable).parent / "trama"
DAY = "2026-10-14"
SMALL = ("--riders", "300", "--city", "guadalajara")
PATIENCE_S = 300


def environment(home: Path) -> dict[str, str]:
    inherited = {name: said for name, said in os.environ.items() if name != "DATABASE_URL"}
    return {**inherited, "TRAMA_HOME": str(home), "TRAMA_LANGUAGE": "en"}


def trama(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRAMA, *words],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def killed_after(home: Path, line: str, *words: str) -> None:
    """Run a command and kill it the moment it says `line`."""
    process = subprocess.Popen(
        [TRAMA, *words], env=environment(home), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for said in process.stdout:
        if line in said:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait(timeout=PATIENCE_S) == -signal.SIGKILL


def rows(home: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "trama.sqlite3") as database:
        return database.execute(sql).fetchall()


def content(home: Path) -> str:
    """A digest of everything the database holds."""
    digest = blake2b()
    with sqlite3.connect(home / "trama.sqlite3") as database:
        for line in database.iterdump():
            digest.update(line.encode())
    return digest.hexdigest()


def settlements(home: Path) -> list[tuple[object, ...]]:
    return rows(
        home,
        """SELECT c.code, s.service_date, s.revision, o.code,
                  s.gross_minor, s.fee_minor, s.collected_minor, s.net_minor
           FROM payments_settlement s JOIN registry_city c ON c.id = s.city_id
           JOIN registry_organisation o ON o.id = s.organisation_id ORDER BY 1, 2, 3, 4""",
    )


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which nothing happened yet."""
    folder = tmp_path_factory.mktemp("empty")
    assert trama(folder, "migrate", "--verbosity", "0").returncode == 0
    return folder


@pytest.fixture(scope="module")
def home(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Guadalajara with 300 riders, staged without a break."""
    folder = shutil.copytree(empty, tmp_path_factory.mktemp("staged") / "home")
    staged = trama(folder, "demo", *SMALL)
    assert staged.returncode == 0, staged.stderr
    return folder


def test_the_day_is_closed_twice_and_the_next_morning_is_open(home: Path) -> None:
    closings = rows(home, "SELECT service_date, revision, step FROM mobility_closing ORDER BY 2")
    assert closings == [(DAY, 0, "done"), (DAY, 1, "done")]
    open_days = rows(home, "SELECT DISTINCT service_date FROM mobility_tap")
    assert open_days == [("2026-10-15",)]


def test_every_kind_of_dirt_is_kept_aside_with_its_reason(home: Path) -> None:
    reasons = {reason for (reason,) in rows(home, "SELECT DISTINCT reason FROM mobility_heldtap")}
    assert {"unknown_device", "unknown_route", "from_the_future", "conflict"} <= reasons


def test_late_taps_post_a_difference(home: Path) -> None:
    late = [row for row in settlements(home) if row[2] == 1]
    assert late
    assert any(row[4] for row in late)


def test_what_is_settled_adds_up_to_nothing_and_the_ledger_agrees(home: Path) -> None:
    assert rows(home, "SELECT SUM(net_minor) FROM payments_settlement") == [(0,)]
    verified = trama(home, "verify_ledger")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_city_says_that_it_is_synthetic(home: Path) -> None:
    assert rows(home, "SELECT code, is_synthetic FROM registry_city") == [("guadalajara", 1)]


def test_staging_again_changes_nothing(home: Path) -> None:
    before = content(home)
    again = trama(home, "demo", *SMALL)
    assert again.returncode == 0
    assert "was staged already" in again.stdout
    assert content(home) == before


@pytest.fixture
def other_home(empty: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty, tmp_path / "home")


def test_killed_it_is_finished_to_the_same_centavo_and_only_as_it_was_begun(
    home: Path, other_home: Path
) -> None:
    killed_after(other_home, "the day's taps", "demo", *SMALL)
    other = trama(other_home, "demo", *SMALL, "--seed", "2")
    assert other.returncode == 1
    assert "--riders 300 --seed 1" in other.stderr
    assert trama(other_home, "demo", *SMALL).returncode == 0
    assert settlements(other_home) == settlements(home)


@pytest.mark.slow
@pytest.mark.parametrize("line", ["network", "devices", "revision 0", "that arrive late"])
def test_killed_anywhere_it_is_finished_to_the_same_centavo(
    home: Path, other_home: Path, line: str
) -> None:
    killed_after(other_home, line, "demo", *SMALL)
    assert trama(other_home, "demo", *SMALL).returncode == 0
    assert settlements(other_home) == settlements(home)


def test_no_riders_is_no_demo(tmp_path: Path) -> None:
    refused = trama(tmp_path, "demo", "--riders", "0")
    assert refused.returncode != 0
    assert "between 1 and" in refused.stderr
