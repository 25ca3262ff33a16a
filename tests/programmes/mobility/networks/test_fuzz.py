"""Whatever arrives is read or refused; nothing else ever comes out of the reader."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.programmes.mobility.networks.feeds import VALLE, pack
from trama.core.refusals import Refused
from trama.programmes.mobility.networks.archive import digest_of, open_archive
from trama.programmes.mobility.networks.drawings import draw_routes
from trama.programmes.mobility.networks.feed import Feed, read_feed

NASTY = (
    b'"|,|\n|\r|""|,,,,,,|-1|99999999999|\xef\xbb\xbf|25:99:00|NaN|\x00|\xff|\t|  |0,0|'
    + b"A" * 300
)
SNIPPETS = st.one_of(st.binary(max_size=6), st.sampled_from(NASTY.split(b"|")))


@st.composite
def spoilt_files(draw: st.DrawFn) -> dict[str, bytes]:
    """The feed with some bytes of some files put in, taken out or replaced."""
    files = {name: text.encode() for name, text in VALLE.items()}
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        content = files[name]
        at = draw(st.integers(0, len(content)))
        gone = draw(st.sampled_from([0, 0, 1, 3, 40]))
        files[name] = content[:at] + draw(SNIPPETS) + content[at + gone :]
    return files


def _read(path: Path, told: list[Refused]) -> Feed | None:
    try:
        with open_archive(path) as archive:
            digest_of(archive)
            feed = read_feed(archive, timezone="America/Mexico_City")
    except Refused as refused:
        told.append(refused)
        return None
    draw_routes(feed.tables)
    return feed


def _are_well_told(told: list[Refused]) -> None:
    for refused in told:
        assert refused.code.startswith("feed_")
        assert refused.message.format(**refused.params)
        assert refused.remedy.format(**refused.params)


@settings(max_examples=60)
@given(spoilt_files())
def test_spoilt_files_are_read_or_refused(files: dict[str, bytes]) -> None:
    told: list[Refused] = []
    with tempfile.TemporaryDirectory() as folder:
        feed = _read(pack(Path(folder) / "feed.zip", files), told)
    _are_well_told(told)
    if feed is not None:
        rows = feed.tables["stop_times"].num_rows
        assert rows == feed.report.of("stop_times.txt").kept > 0
        assert feed.tables["stops"].num_rows == feed.report.of("stops.txt").kept
        assert feed.tables["trips"].num_rows == feed.report.of("trips.txt").kept
        feed.report.as_json()


@settings(max_examples=60)
@given(st.data())
@example(None)
def test_spoilt_zips_are_read_or_refused(data: st.DataObject | None) -> None:
    told: list[Refused] = []
    with tempfile.TemporaryDirectory() as folder:
        path = pack(Path(folder) / "feed.zip")
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 6)) if data else 0):
            assert data is not None
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        feed = _read(path, told)
    _are_well_told(told)
    assert data is not None or feed is not None


@pytest.mark.slow
@settings(max_examples=5000)
@given(spoilt_files())
def test_thousands_of_spoilt_files_are_read_or_refused(files: dict[str, bytes]) -> None:
    test_spoilt_files_are_read_or_refused.hypothesis.inner_test(files)  # type: ignore[attr-defined]


@pytest.mark.slow
@settings(max_examples=5000)
@given(st.data())
def test_thousands_of_spoilt_zips_are_read_or_refused(data: st.DataObject) -> None:
    test_spoilt_zips_are_read_or_refused.hypothesis.inner_test(data)  # type: ignore[attr-defined]
