"""Files of taps: read by the batch, refused by name, and never lost for one bad row."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.programmes.mobility.taps.conftest import NOON_S, NOW_S, World, told
from trama.core.refusals import Refused
from trama.programmes.mobility.actions.taps import LoadReport, files, load_taps
from trama.programmes.mobility.actions.taps.columns import TAPS
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

HEAD = "device,sequence,token,medium,tapped_at,route,stop,vehicle,direction\n"
NOON = "2026-04-15T12:00:00-06:00"
CARD = "4111 1111 1111 1111"


def row(sequence: object, tapped_at: str = NOON, route: str = "C01", token: str = "rider-1") -> str:
    return f"V1,{sequence},{token},mi_movilidad,{tapped_at},{route},,bus-7,on\n"


def load(world: World, path: Path, text: str | bytes) -> LoadReport:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_taps(city=world.city, path=path, at_s=NOW_S)


def test_a_csv_with_all_the_dirt_of_real_files(world: World, tmp_path: Path) -> None:
    text = (
        b"\xef\xbb\xbf"
        + (
            HEAD
            + row(1)
            + row(1)
            + row(2, "2026-04-15T18:00:00Z")
            + row(3, "2026-04-15 12:00:00.75-06:00")
            + row(1, route="C02")
            + row(4, "2026-04-15T12:00:00")
            + row(5, "2026-02-30T12:00:00-06:00")
            + row("six")
            + row(7, route="C99")
            + "V1,8,too,few\n"
            + row(9, token=CARD)
            + row('"10"', token="")
        )
        .replace("\n", "\r\n")
        .encode()
    )
    text += b"V1,11,caf\xe9,mi_movilidad," + NOON.encode() + b",C01,,bus-7,on\r\n"
    report = load(world, tmp_path / "taps.csv", text)
    assert report.outcomes == {"kept": 4, "duplicate": 1, "conflict": 1, "held": 6, "refused": 1}
    assert report.held == {"malformed": 5, "unknown_route": 1, "conflict": 1}
    assert report.card_numbers == [10]
    assert world.kept() == {
        tuple(told(1).values()),
        tuple(told(2).values()),
        tuple(told(3).values()),
        tuple(told(10, token=None).values()),
    }
    held = set(HeldTap.objects.filter(reason="malformed").values_list("detail", flat=True))
    assert held == {
        "tapped_at: 2026-04-15T12:00:00",
        "tapped_at: 2026-02-30T12:00:00-06:00",
        "sequence: six",
        "V1,8,too,few",
        "token: caf\ufffd",
    }
    assert not HeldTap.objects.filter(content__icontains="4111 1111").exists()


def test_loading_again_changes_nothing(world: World, tmp_path: Path) -> None:
    text = HEAD + row(1) + row(2, route="C99") + row("x") + "one,two\n"
    load(world, tmp_path / "taps.csv", text)
    before = [*Tap.objects.values(), *HeldTap.objects.values()]
    report = load(world, tmp_path / "taps.csv", text)
    assert report.outcomes == {"duplicate": 1, "held": 3}
    assert [*Tap.objects.values(), *HeldTap.objects.values()] == before


def test_a_card_number_is_struck_out_of_a_row_that_cannot_be_read(
    world: World, tmp_path: Path
) -> None:
    load(world, tmp_path / "taps.csv", HEAD + f"V1,1,{CARD}\n" + f"V1,x,t,{CARD},,,,,on\n")
    texts = [str(held.content) + held.detail for held in HeldTap.objects.all()]
    assert len(texts) == 2
    assert all("4111 1111" not in text for text in texts)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_with_timestamps(world: World, tmp_path: Path, unit: str) -> None:
    taps = pa.Table.from_pylist([told(n, device="V2") for n in range(3)], schema=TAPS)
    instants = pa.array([datetime.fromtimestamp(NOON_S, UTC)] * 3, pa.timestamp(unit, "UTC"))
    taps = taps.drop_columns(["tapped_at_s", "stop"]).append_column("tapped_at", instants)
    taps = taps.set_column(0, "device", taps["device"].dictionary_encode())
    pq.write_table(taps, tmp_path / "taps.parquet")
    report = load_taps(city=world.city, path=tmp_path / "taps.parquet", at_s=NOW_S)
    assert report.outcomes == {"kept": 3}
    assert Tap.objects.filter(tapped_at_s=NOON_S, stop=None).count() == 3


def test_parquet_with_instants_of_no_place_is_held(world: World, tmp_path: Path) -> None:
    taps = pa.Table.from_pylist([told(1)], schema=TAPS).drop_columns(["tapped_at_s"])
    taps = taps.append_column("tapped_at", pa.array([datetime(2026, 4, 15, 12)]))  # noqa: DTZ001
    pq.write_table(taps, tmp_path / "taps.parquet")
    report = load_taps(city=world.city, path=tmp_path / "taps.parquet", at_s=NOW_S)
    assert report.held == {"malformed": 1}
    assert HeldTap.objects.get().detail == "tapped_at: 2026-04-15 12:00:00"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("taps.csv", b"", "columns_are_missing"),
        ("taps.csv", b"device;sequence\nV1;1\n", "columns_are_missing"),
        ("taps.csv", HEAD.replace("stop", "shop").encode(), "columns_are_unknown"),
        ("taps.csv", HEAD.replace("stop", "route").encode(), "columns_are_unknown"),
        ("taps.csv", HEAD.replace("stop", "tapped_at_s").encode(), "columns_are_unknown"),
        ("taps.parquet", b"PAR1 not at all", "file_unreadable"),
        ("taps.parquet", b"", "file_unreadable"),
        ("taps.xlsx", b"PK", "file_of_unknown_kind"),
    ],
)
def test_files_that_are_refused_by_name(
    world: World, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        load(world, tmp_path / name, content)
    assert refused.value.code == code
    assert refused.value.remedy
    assert not Tap.objects.exists()
    assert not HeldTap.objects.exists()


def test_a_column_of_another_type_is_refused_by_name(world: World, tmp_path: Path) -> None:
    taps = pa.Table.from_pylist([told(1)], schema=TAPS)
    pq.write_table(taps.set_column(0, "device", pa.array([["V1"]])), tmp_path / "taps.parquet")
    with pytest.raises(Refused, match="file_unreadable"):
        load_taps(city=world.city, path=tmp_path / "taps.parquet", at_s=NOW_S)


def test_a_missing_file_and_an_empty_one(world: World, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="file_unreadable"):
        load_taps(city=world.city, path=tmp_path / "nowhere.csv", at_s=NOW_S)
    assert load(world, tmp_path / "taps.csv", HEAD).outcomes == {}


def test_batches_do_not_show(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS", 3)
    seen: list[tuple[int, int]] = []
    path = tmp_path / "taps.csv"
    path.write_text(HEAD + "".join(row(n % 7) for n in range(20)))
    report = load_taps(
        city=world.city,
        path=path,
        at_s=NOW_S,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert report.outcomes == {"kept": 7, "duplicate": 13}
    assert len(seen) == 7
    assert seen[-1][0] == seen[-1][1]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_bytes_break_the_reader(world: World, tmp_path: Path, body: bytes) -> None:
    report = load(world, tmp_path / "taps.csv", HEAD.encode() + body + b"\n" + row(1).encode())
    assert set(report.outcomes) <= {"kept", "duplicate", "held", "refused"}


def test_the_command_reports_and_refuses(world: World, tmp_path: Path) -> None:
    path = tmp_path / "taps.csv"
    path.write_text(HEAD + row(1) + row(2, route="C99") + row(3, token=CARD))
    out = StringIO()
    call_command("load_taps", "gdl", str(path), stdout=out)
    assert len(out.getvalue().splitlines()) == 3
    assert Tap.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("load_taps", "nowhere", str(path))
