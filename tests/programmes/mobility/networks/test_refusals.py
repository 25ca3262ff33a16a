"""What is no feed is refused by name, with the file, the line and the reason."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programmes.mobility.networks.feeds import VALLE, pack, read, spoilt
from trama.core.refusals import Refused
from trama.programmes.mobility.networks.archive import digest_of, open_archive


def test_files_side_by_side_or_in_one_common_folder_are_the_same_feed(tmp_path: Path) -> None:
    digests = set()
    for name, top in (("flat", ""), ("folder", "valle/")):
        with open_archive(pack(tmp_path / f"{name}.zip", top=top)) as archive:
            digests.add(digest_of(archive))
    assert len(digests) == 1


def test_the_digest_is_of_the_content_that_is_read(tmp_path: Path) -> None:
    def digest(mark: str = "", **files: str) -> str:
        named = {f"{name}.txt": text for name, text in files.items()}
        with open_archive(pack(tmp_path / "feed.zip", named)) as archive:
            return digest_of(archive, mark)

    assert digest() == digest(transfers="from_stop_id,to_stop_id\n")
    assert len({digest(), digest("routes only"), digest(fare_rules="fare_id\nnormal\n")}) == 3


def test_what_a_mac_adds_is_passed_over(tmp_path: Path) -> None:
    path = pack(tmp_path / "feed.zip", {"__MACOSX/._agency.txt": "x", ".DS_Store": "x"})
    with open_archive(path) as archive:
        assert sorted(archive.members) == sorted(VALLE)


def _zip(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return packed.getvalue()


def _link() -> bytes:
    info = zipfile.ZipInfo("agency.txt")
    info.external_attr = 0o120777 << 16
    return _zip((info, b"/etc/passwd"))


def _encrypted() -> bytes:
    packed = bytearray(_zip(("agency.txt", b"agency_name\nx\n")))
    at = packed.index(b"PK\x01\x02")
    packed[at + 8] |= 1
    return bytes(packed)


def _promising_less() -> bytes:
    """A member that holds more than the directory of the zip says."""
    content = b"agency_name\n" + b"x\n" * 5000
    packed = bytearray(_zip(("agency.txt", content)))
    at = packed.index(b"PK\x01\x02")
    packed[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(packed)


def _nameless() -> bytes:
    return _zip(("agency.txt", b"x")).replace(b"agency.txt", b"\0gency.txt")


def _flipped() -> bytes:
    packed = bytearray(_zip(("agency.txt", b"agency_name\n" + bytes(range(65, 91)) * 9)))
    packed[50] ^= 0xFF
    return bytes(packed)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "feed_is_not_a_zip"),
        (lambda: b"route_id,route_type\n10,3\n", "feed_is_not_a_zip"),
        (lambda: _zip(("agency.txt", b"x" * 99))[:-40], "feed_is_not_a_zip"),
        (_encrypted, "feed_is_encrypted"),
        (_link, "feed_has_a_link"),
        (_flipped, "feed_is_damaged"),
        (_nameless, "feed_has_a_path_trick"),
        (_promising_less, "feed_is_damaged"),
        (lambda: _zip(("agency.txt", bytes(40 << 20))), "feed_expands_too_far"),
        (lambda: _zip(*((f"{i}.txt", b"") for i in range(501))), "feed_expands_too_far"),
        (lambda: _zip(("../agency.txt", b"")), "feed_has_a_path_trick"),
        (lambda: _zip(("/agency.txt", b"")), "feed_has_a_path_trick"),
        (lambda: _zip(("a/../../agency.txt", b"")), "feed_has_a_path_trick"),
        (lambda: _zip(("..\\agency.txt", b"")), "feed_has_a_path_trick"),
        (lambda: _zip(("C:/agency.txt", b"")), "feed_has_a_path_trick"),
        (lambda: _zip(("a/b/agency.txt", b"")), "feed_is_nested"),
        (lambda: _zip(("agency.txt", b""), ("old/agency.txt", b"")), "feed_is_nested"),
        (lambda: _zip(("agency.txt", b"x"), ("AGENCY.TXT", b"x")), "feed_has_a_file_twice"),
    ],
)
def test_a_zip_that_is_none_or_means_harm(
    tmp_path: Path, make: Callable[[], bytes], code: str
) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(make())
    with pytest.raises(Refused) as refused, open_archive(path) as archive:
        digest_of(archive)
    assert refused.value.code == code
    assert refused.value.remedy


def test_a_path_without_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(Refused, match="feed_is_not_a_zip"), open_archive(path):
            pass


@pytest.mark.parametrize("name", ["agency", "routes", "stops", "trips", "stop_times"])
def test_a_needed_file_is_missing_or_empty(tmp_path: Path, name: str) -> None:
    for content in (None, ""):
        with pytest.raises(Refused, match=f"feed_lacks_a_file.*{name}.txt"):
            read(tmp_path, {f"{name}.txt": content})


def test_a_feed_without_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"feed_lacks_a_file.*calendar\.txt"):
        read(tmp_path, {"calendar.txt": None, "calendar_dates.txt": None})


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("routes", ("route_type", "kind"), "feed_lacks_a_column: routes.txt, line 1: route_type"),
        ("calendar", ("sunday", "domingo"), "feed_lacks_a_column: calendar.txt, line 1: sunday"),
        ("trips", ("trip_headsign", "trip_id"), "feed_lacks_a_column: trips.txt, line 1: trip_id"),
        ("stop_times", ("B,2\n", "B,2,9\n"), "feed_is_not_a_table: stop_times.txt, line 3"),
        ("stop_times", (",B,2\n", "\n"), "feed_is_not_a_table: stop_times.txt, line 3"),
        ("stops", ("C,Mercado", 'C,"Mercado'), "feed_is_not_a_table: stops.txt, line 4"),
    ],
)
def test_a_table_that_is_none_names_file_line_and_reason(
    tmp_path: Path, name: str, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, spoilt(f"{name}.txt", change))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("agency_name\nTranvías\n".encode("latin-1"), 2),
        ("agency_name\nTranvías\n".encode("utf-16"), 1),
        (b"agency_name\nTran\0vias\n", 2),
        (b"agency_name\nTranv\xc3", 2),
    ],
)
def test_what_is_not_utf8_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    with pytest.raises(Refused, match=f"feed_is_not_utf8: agency.txt, line {line}:"):
        read(tmp_path, {"agency.txt": content})


@pytest.mark.parametrize(
    ("name", "changes", "file"),
    [
        ("routes.txt", (("norte", "x"), ("sur", "x")), "routes.txt"),
        ("stop_times.txt", (("t1", "x"), ("t2", "y"), ("t3", "z")), "stop_times.txt"),
        ("calendar.txt", (("20261231", "?"),), "stop_times.txt"),
    ],
)
def test_when_nothing_is_left_the_feed_is_refused(
    tmp_path: Path, name: str, changes: tuple[tuple[str, str], ...], file: str
) -> None:
    without = {"calendar_dates.txt": None} if name == "calendar.txt" else {}
    with pytest.raises(Refused) as refused:
        read(tmp_path, {**spoilt(name, *changes), **without})
    assert refused.value.code == "feed_has_nothing_to_keep"
    assert str(refused.value).startswith(f"feed_has_nothing_to_keep: {file}: no row could be kept")


def test_routes_alone_are_taken_only_when_asked_for(tmp_path: Path) -> None:
    partial = {name: None for name in VALLE if name not in ("agency.txt", "routes.txt")}
    with pytest.raises(Refused, match="feed_lacks_a_file"):
        read(tmp_path, partial)
    feed = read(tmp_path, partial, routes_only=True)
    assert sorted(feed.tables) == ["agencies", "routes"]
    assert [note["code"] for note in feed.report.notes] == ["routes_only"]
