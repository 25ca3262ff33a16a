"""Files of taps that nobody should send: each row is kept, held or refused, or the file is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.programmes.mobility.aldea import MONDAY, stage, tap
from trama.core.refusals import Refused
from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.taps import load_taps
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]
AT_S = int(str(tap(1, MONDAY, "23:00", "B1")["tapped_at_s"]))
ROWS = [tap(n, MONDAY, "08:00", "B1", "ANA") for n in range(3)]
Made = Callable[[pa.Table], pa.Table]


@pytest.fixture
def aldea(tmp_path: Path, settings: Any) -> City:
    settings.HOME = tmp_path / "home"
    return stage(settings.HOME)


def other(name: str, column: pa.Array) -> Made:
    return lambda table: table.set_column(table.column_names.index(name), name, column)


def as_parquet(path: Path, made: Made) -> Path:
    pq.write_table(made(pa.Table.from_pylist(ROWS)), path)
    return path


READABLE: dict[str, Made] = {
    "dictionaries": other("token", pa.array(["ANA"] * 3).dictionary_encode()),
    "large strings": other("route", pa.array(["B1"] * 3, pa.large_string())),
    "unsigned": other("sequence", pa.array([0, 1, 2], pa.uint8())),
    "digits": other("sequence", pa.array(["0", "1", "2"])),
}


@pytest.mark.parametrize("kind", READABLE)
def test_other_types_that_say_the_same_are_read(aldea: City, tmp_path: Path, kind: str) -> None:
    path = as_parquet(tmp_path / "taps.parquet", READABLE[kind])
    assert load_taps(city=aldea, path=path, at_s=AT_S).outcomes == {"kept": 3}


HELD: dict[str, Made] = {
    "floats": other("sequence", pa.array([0.5, float("nan"), float("inf")])),
    "negative": other("sequence", pa.array([-1, -(2**63), -5])),
    "two hundred thousand letters": other("token", pa.array(["x" * 200_000] * 3)),
    "characters 0": other("token", pa.array(["A\0B", "\0", "\x1b[31m"])),
    "instants of no calendar": other("tapped_at_s", pa.array([2**62, -(2**62), 10**17])),
    "year 9999 of a strange device": lambda t: other("device", pa.array(["v9"] * 3))(
        other("tapped_at_s", pa.array([253_402_300_799, 10**12, 10**17]))(t)
    ),
    "nothing": other("medium", pa.nulls(3)),
}


@pytest.mark.parametrize("kind", HELD)
def test_rows_that_say_nothing_are_held(aldea: City, tmp_path: Path, kind: str) -> None:
    path = as_parquet(tmp_path / "taps.parquet", HELD[kind])
    assert load_taps(city=aldea, path=path, at_s=AT_S).outcomes == {"held": 3}
    assert HeldTap.objects.count() in (1, 3)
    assert not Tap.objects.exists()


UNREADABLE: dict[str, Made] = {
    "lists": other("token", pa.array([["ANA"]] * 3)),
    "structs": other("token", pa.array([{"a": 1}] * 3)),
    "too large": other("sequence", pa.array([2**63 + 1] * 3, pa.uint64())),
    "a list of instants": other("tapped_at_s", pa.array([[1]] * 3)),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_files_of_other_shapes_are_refused_by_name(aldea: City, tmp_path: Path, kind: str) -> None:
    path = as_parquet(tmp_path / "taps.parquet", UNREADABLE[kind])
    with pytest.raises(Refused, match="file_unreadable"):
        load_taps(city=aldea, path=path, at_s=AT_S)
    assert not Tap.objects.exists()


HEADER = "device,sequence,medium,direction,tapped_at_s,token,route\n"
GOOD = f"v1,7,card,on,{AT_S},ANA,B1\n"


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        ("v1,1,card,on,²,ANA,B1\n", 1),
        (f"v1,1,card,on,{AT_S},A\0NA,B1\n", 1),
        ("v1,1,card,on,999999999999999999,ANA,B1\n=cmd|' /C calc'!A0,5,card,on,1e9,ANA,B1\n", 2),
        (f'v1,1,card,on,{AT_S},"{"x" * 1_000_000}",B1\n', 1),
        ("v1,1,card\n" * 5, 1),
    ],
    ids=["another script's digit", "a character 0", "formulas", "a megabyte", "short rows"],
)
def test_bad_rows_of_a_csv_do_not_keep_good_ones_out(
    aldea: City, tmp_path: Path, rows: str, held: int
) -> None:
    path = tmp_path / "taps.csv"
    path.write_text(HEADER + rows + GOOD)
    assert load_taps(city=aldea, path=path, at_s=AT_S).outcomes["kept"] == 1
    assert HeldTap.objects.count() == held


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 64 + b"PAR1", b"\0" * 4096])
def test_what_is_no_file_of_taps_is_refused(aldea: City, tmp_path: Path, content: bytes) -> None:
    for ending in (".parquet", ".csv"):
        path = tmp_path / f"taps{ending}"
        path.write_bytes(content)
        with pytest.raises(Refused):
            load_taps(city=aldea, path=path, at_s=AT_S)
