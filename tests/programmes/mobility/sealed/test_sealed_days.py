"""A sealed day: the same bytes for the same taps, one account's rows, and revisions of some."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.programmes.mobility.fares.test_pricing import (
    AGREEMENT,
    DAY,
    HOUR,
    MORNING,
    TARIFF,
    crowd,
)
from trama.core.refusals import Refused
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.sealed.layout import sealing
from trama.programmes.mobility.sealed.pricing import price_sealed
from trama.programmes.mobility.sealed.reading import (
    carry_of,
    read_account,
    read_day,
    read_groups,
)
from trama.programmes.mobility.sealed.revisions import Repriced, reprice_accounts
from trama.programmes.mobility.sealed.taps import write_taps

FIRST_DAY_S = MORNING - 4 * HOUR  # the cut-over at which the first day begins
KEY = ["device", "sequence"]
ROWS = ["leg", "single_minor", "fare_minor", "programme_minor", "programme", "share_minor", "rule"]


def city(riders: int = 150, seed: int = 1) -> pa.Table:
    taps = crowd(riders, seed)
    # Few buckets, each with many accounts.
    account = taps["account"].to_numpy()
    taps = taps.set_column(0, "account", pa.array(np.where(account < 0, -1, account * 16)))
    number = np.arange(taps.num_rows)
    taps = taps.append_column("device", pa.array([f"d{n % 7}" for n in number]))
    taps = taps.append_column("sequence", pa.array(number // 7))
    token = pc.binary_join_element_wise("token", taps["account"].cast(pa.string()), "-")
    return taps.append_column("token", pc.if_else(pc.less(taps["account"], 0), None, token))


def day_of(taps: pa.Table, day: int) -> pa.Table:
    number = (taps["tapped_at_s"].to_numpy() - FIRST_DAY_S) // DAY
    return taps.filter(pa.array(number == day))


def folder_of(home: Path, day: int) -> Path:
    return home / "days" / "city" / f"2026-04-{15 + day}"


def priced_day(home: Path, day: int, **given: Any) -> bytes:
    files = price_sealed(
        folder_of(home, day),
        0,
        tariff=TARIFF,
        agreement=AGREEMENT,
        carry_from=folder_of(home, day - 1) if day else None,
        ends_at_s=FIRST_DAY_S + (day + 1) * DAY,
        **given,
    )
    return files.prices.path.read_bytes() + files.carry.path.read_bytes()


def sealed_days(home: Path, taps: pa.Table, days: int) -> None:
    for day in range(days):
        write_taps(folder_of(home, day), 0, day_of(taps, day))
        priced_day(home, day)


def told(table: pa.Table) -> list[dict[str, Any]]:
    rows = table.select([*KEY, *ROWS]).to_pylist()
    return sorted(rows, key=lambda row: (row["device"], row["sequence"]))


def test_the_bytes_depend_on_the_taps_alone(tmp_path: Path) -> None:
    taps = day_of(city(), 0)
    shuffled = taps.take(pa.array(np.random.default_rng(5).permutation(taps.num_rows)))
    homes = tmp_path / "a", tmp_path / "b"
    files = [
        write_taps(folder_of(h, 0), 0, t) for h, t in zip(homes, (taps, shuffled), strict=True)
    ]
    assert files[0].path.read_bytes() == files[1].path.read_bytes()
    assert files[0].sha256 == files[1].sha256
    assert priced_day(homes[0], 0, threads=1) == priced_day(homes[1], 0, threads=3)


def test_days_priced_one_after_the_other_cost_what_all_cost_at_once(tmp_path: Path) -> None:
    taps = city()
    taps = taps.filter(pc.less(taps["tapped_at_s"], FIRST_DAY_S + 9 * DAY))
    sealed_days(tmp_path, taps, 9)
    days = pa.concat_tables([read_day(folder_of(tmp_path, day), [*KEY, *ROWS]) for day in range(9)])
    once = price(taps, TARIFF, agreement=AGREEMENT).rows
    whole = pa.table([*taps.columns, *once.columns], names=[*taps.column_names, *once.column_names])
    assert told(days) == told(whole)


def test_one_account_is_read_without_the_others(tmp_path: Path) -> None:
    taps = city()
    sealed_days(tmp_path, taps, 3)
    folders = [folder_of(tmp_path, day) for day in range(3)]
    rows = read_account(folders, 42 * 16)
    mine = taps.filter(pc.equal(taps["account"], 42 * 16)).sort_by("tapped_at_s")
    mine = mine.filter(pc.less(mine["tapped_at_s"], FIRST_DAY_S + 3 * DAY))
    assert rows["tapped_at_s"].to_pylist() == mine["tapped_at_s"].to_pylist()
    assert set(rows["token"].to_pylist()) <= {f"token-{42 * 16}"}
    assert read_account(folders, 10**9).num_rows == 0
    with pytest.raises(ValueError, match="no account"):
        read_account(folders, -1)


def test_journeys_are_numbered_once_in_a_day(tmp_path: Path) -> None:
    sealed_days(tmp_path, city(), 1)
    day = read_day(folder_of(tmp_path, 0), ["journey", "account", "rule"])
    boardings = day.filter(pc.not_equal(day["rule"], 0))
    owners = boardings.group_by("journey").aggregate([("account", "count_distinct")])
    assert set(owners["account_count_distinct"].to_pylist()) == {1}


def test_progress_counts_every_row(tmp_path: Path) -> None:
    taps = day_of(city(), 0)
    write_taps(folder_of(tmp_path, 0), 0, taps)
    seen: list[tuple[int, int]] = []
    priced_day(tmp_path, 0, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (taps.num_rows, taps.num_rows)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 0)
    taps = day_of(city(), 0)
    medium = pa.array(["barter"] * taps.num_rows)
    write_taps(folder, 0, taps.set_column(taps.column_names.index("medium"), "medium", medium))
    with pytest.raises(Refused):
        priced_day(tmp_path, 0)
    assert [path.name for path in folder.iterdir()] == ["taps-r0.parquet"]
    with pytest.raises(KeyboardInterrupt), sealing(folder / "carry-r0.parquet", taps.schema):
        raise KeyboardInterrupt
    assert [path.name for path in folder.iterdir()] == ["taps-r0.parquet"]
    with pytest.raises(ValueError, match="medium"):
        write_taps(folder, 0, taps.drop_columns(["medium"]))


def late_split(taps: pa.Table, days: int) -> tuple[pa.Table, pa.Table]:
    """Taps in time, and those of the first day that come late: every ninth."""
    on_time = np.ones(taps.num_rows, np.bool_)
    first = np.flatnonzero(taps["tapped_at_s"].to_numpy() < FIRST_DAY_S + DAY)
    on_time[first[::9]] = False
    return taps.filter(pa.array(on_time)), taps.filter(pa.array(~on_time))


def reprice(home: Path, day: int, accounts: Any, late: pa.Table | None) -> Repriced:
    return reprice_accounts(
        folder_of(home, day),
        1,
        accounts=accounts,
        late=late,
        tariff=TARIFF,
        agreement=AGREEMENT,
        carry_from=folder_of(home, day - 1) if day else None,
        ends_at_s=FIRST_DAY_S + (day + 1) * DAY,
    )


def test_late_taps_change_only_their_accounts_and_end_as_if_they_had_been_in_time(
    tmp_path: Path,
) -> None:
    taps, days = city(), 7
    in_time, late = late_split(taps, days)
    sealed_days(tmp_path / "late", in_time, days)
    sealed_days(tmp_path / "whole", taps, days)
    before = read_day(folder_of(tmp_path / "late", 0))
    digest = (folder_of(tmp_path / "late", 0) / "taps-r0.parquet").read_bytes()

    first = reprice(tmp_path / "late", 0, np.empty(0, np.int64), late)
    unsettled, touched_days = first.unsettled, 1
    while unsettled.size and touched_days < days:
        unsettled = reprice(tmp_path / "late", touched_days, unsettled, None).unsettled
        touched_days += 1

    assert unsettled.size == 0
    for day in range(days):
        folders = [folder_of(tmp_path / home, day) for home in ("late", "whole")]
        assert told(read_day(folders[0])) == told(read_day(folders[1]))
        mended, whole = [carry_of(folder, np.arange(150 * 16)) for folder in folders]
        assert (mended and mended.to_pylist()) == (whole and whole.to_pylist())
    assert (folder_of(tmp_path / "late", 0) / "taps-r0.parquet").read_bytes() == digest
    after = read_day(folder_of(tmp_path / "late", 0))
    total = pc.sum(after["fare_minor"]).as_py() - pc.sum(before["fare_minor"]).as_py()
    change = pc.subtract(first.fares["after_minor"], first.fares["before_minor"])
    assert pc.sum(change).as_py() == total


def test_a_revision_written_again_is_the_same(tmp_path: Path) -> None:
    in_time, late = late_split(city(), 1)
    sealed_days(tmp_path, in_time, 1)
    first = reprice(tmp_path, 0, np.empty(0, np.int64), late)
    again = reprice(tmp_path, 0, np.empty(0, np.int64), late)
    assert (first.taps_file, first.prices_file, first.carry_file) == (
        again.taps_file,
        again.prices_file,
        again.carry_file,
    )
    assert first.fares.equals(again.fares)
    assert set(pc.unique(first.after["revision"]).to_pylist()) == {0, 1}


def test_a_day_that_was_never_sealed_has_no_revision(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sealed taps"):
        reprice(tmp_path, 0, np.array([1]), None)


def test_a_day_is_read_group_by_group(tmp_path: Path) -> None:
    taps = day_of(city(), 0)
    write_taps(folder_of(tmp_path, 0), 0, taps)
    groups = list(read_groups(folder_of(tmp_path, 0), ["account"]))
    assert sum(group.num_rows for group in groups) == taps.num_rows
    for group in groups[:-1]:
        assert len(set((group["account"].to_numpy() % 64).tolist())) == 1
