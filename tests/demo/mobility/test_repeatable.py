"""The same seed gives the same bytes; another seed gives other riders."""

from datetime import date
from pathlib import Path

from trama.demo.mobility.days import draw_days
from trama.demo.mobility.profiles import read_profile
from trama.demo.mobility.supply import read_supply

FILES = ("day.parquet", "late.parquet", "next_morning.parquet")


def bytes_of(folder: Path, *, seed: int, city: str = "guadalajara") -> list[bytes]:
    profile = read_profile(city)
    days = draw_days(profile, read_supply(profile), riders=2_000, day=date(2026, 10, 14), seed=seed)
    days.write(folder)
    return [(folder / name).read_bytes() for name in FILES]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    assert bytes_of(tmp_path / "a", seed=7) == bytes_of(tmp_path / "b", seed=7)


def test_another_seed_gives_another_day(tmp_path: Path) -> None:
    assert bytes_of(tmp_path / "a", seed=7)[0] != bytes_of(tmp_path / "b", seed=8)[0]


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    bytes_of(tmp_path, seed=7, city="toluca")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_written_people_do_what_is_written_whatever_the_seed() -> None:
    profile = read_profile("guadalajara")
    supply = read_supply(profile)
    for seed in (1, 2):
        days = draw_days(profile, supply, riders=500, day=date(2026, 10, 14), seed=seed)
        for number, who in enumerate(w for w in profile.people if w.token):
            mine = days.words.first_named + number
            sent = (days.in_time.token == mine).sum() + (days.late.token == mine).sum()
            assert sent == len(who.taps)
            assert (days.late.token == mine).sum() == sum(tap.late for tap in who.taps)
