"""The synthetic day has the proportions that are known of Guadalajara, and states them once."""

from collections import Counter
from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from trama.demo.mobility.days import Days, draw_days
from trama.demo.mobility.dirt import SPARE_DEVICES, UNKNOWN_ROUTE
from trama.demo.mobility.files import NOWHERE, tap_tables, token_texts
from trama.demo.mobility.profiles import CITIES, read_profile
from trama.demo.mobility.riders import NO_TOKEN, midnight_s
from trama.demo.mobility.supply import read_supply, share_out
from trama.foundations.registry.card_numbers import card_numbers_in

DAY = date(2026, 10, 14)
RIDERS = 60_000


@cache
def drawn(city: str) -> Days:
    profile = read_profile(city)
    return draw_days(profile, read_supply(profile), riders=RIDERS, day=DAY, seed=1)


@pytest.fixture(params=CITIES)
def days(request: pytest.FixtureRequest) -> Days:
    return drawn(request.param)


def rows_of(days: Days) -> pa.Table:
    return pa.concat_tables(tap_tables(days.in_time, days.words))


def test_guadalajara_has_the_277_routes_and_shares_them_out_between_four_operators() -> None:
    supply = drawn("guadalajara").supply
    assert len(supply.routes) == 277
    assert len(set(supply.agencies)) == 5
    assert set(supply.operators) == {"bea", "tisa", "eb", "setim"}


def test_taps_of_the_four_operators_meet_their_published_shares() -> None:
    days = drawn("guadalajara")
    known = days.in_time.route[days.in_time.route != UNKNOWN_ROUTE]
    shares = np.bincount(days.supply.operator[known]) / len(known)
    for share, published in zip(shares, (0.4262, 0.3584, 0.1516, 0.0633), strict=True):
        assert share == pytest.approx(published, abs=0.005)


def test_toluca_has_31_operators_and_all_its_routes() -> None:
    supply = drawn("toluca").supply
    assert len(supply.routes) == 622
    assert len(set(supply.operator.tolist())) == 31
    assert (supply.stop_counts > 0).all()


def test_44_of_100_boardings_are_paid_in_cash_and_cash_has_no_token(days: Days) -> None:
    rows = rows_of(days)
    cash = pc.equal(rows["medium"], "cash")
    assert pc.mean(cash.cast(pa.float64())).as_py() == pytest.approx(0.44, abs=0.01)
    assert pc.is_null(rows["token"]).equals(cash)


def test_a_rider_taps_two_to_three_times(days: Days) -> None:
    assert 2.0 < (len(days.in_time) + len(days.late)) / RIDERS < 3.0


def test_morning_and_evening_are_the_peaks(days: Days) -> None:
    hours = (days.in_time.at_s - midnight_s(DAY, days.profile.timezone)) // 3600
    by_hour = np.bincount(hours[hours < 24], minlength=24) / len(hours)
    assert by_hour.argmax() == 7
    assert by_hour[6:9].sum() == pytest.approx(0.32, abs=0.03)
    assert by_hour[16:20].sum() == pytest.approx(0.32, abs=0.03)
    assert by_hour[9:12].max() < by_hour[17] / 2
    assert by_hour[:4].sum() == 0


def test_18_of_10_000_taps_are_sent_twice_and_some_conflict(days: Days) -> None:
    sent = days.in_time
    pairs = Counter(zip(sent.device.tolist(), sent.sequence.tolist(), strict=True))
    whole = Counter(
        zip(sent.device.tolist(), sent.sequence.tolist(), sent.at_s.tolist(), strict=True)
    )
    again = sum(times - 1 for times in whole.values())
    assert again / len(pairs) == pytest.approx(0.0018, abs=0.0001)
    assert sum(times - 1 for times in pairs.values()) - again == pytest.approx(
        len(pairs) * 0.0002, rel=0.1
    )


def test_some_taps_are_late_and_none_of_them_is_in_the_day(days: Days) -> None:
    late = set(zip(days.late.device.tolist(), days.late.sequence.tolist(), strict=True))
    in_time = zip(days.in_time.device.tolist(), days.in_time.sequence.tolist(), strict=True)
    assert len(late) / (len(days.in_time) + len(late)) == pytest.approx(0.004, abs=0.0005)
    assert late.isdisjoint(in_time)


def test_some_taps_belong_in_quarantine(days: Days) -> None:
    rows = rows_of(days)
    morrow_s = midnight_s(DAY, days.profile.timezone) + 86_400
    assert pc.sum(pc.match_substring(rows["device"], "repuesto")).as_py() > 0
    assert pc.sum(pc.equal(rows["route"], NOWHERE)).as_py() > 0
    assert pc.sum(pc.greater(rows["tapped_at_s"], morrow_s)).as_py() > 0
    assert days.in_time.device.max() < days.supply.devices.sum() + SPARE_DEVICES


def test_the_next_morning_ends_at_ten(days: Days) -> None:
    hours = (days.next_morning.at_s - midnight_s(DAY, days.profile.timezone)) / 3600 - 24
    on_time = hours[hours < 24 * 200]
    assert on_time.max() < 10.1
    assert on_time.min() > 4


def test_a_token_is_a_pseudonym_of_one_rider_and_never_a_card_number(days: Days) -> None:
    numbers = np.unique(days.in_time.token[days.in_time.token != NO_TOKEN])
    texts = token_texts(numbers, days.words)
    assert len(pc.unique(texts)) == len(numbers)
    assert not pc.any(card_numbers_in(texts)).as_py()


def test_every_token_met_is_registered_once_with_an_issuer_of_the_city(days: Days) -> None:
    tokens = pa.concat_tables(days.token_tables())
    met = pc.unique(pc.drop_null(rows_of(days)["token"]))
    named = {who.token for who in days.profile.people}
    assert len(pc.unique(tokens["token"])) == tokens.num_rows
    assert set(met.to_pylist()) - named <= set(tokens["token"].to_pylist())
    assert set(pc.unique(tokens["issuer"]).to_pylist()) == set(days.profile.issuers)


def test_feeder_and_mass_transit_are_joined_within_the_hour_most_often() -> None:
    days = drawn("guadalajara")
    order = np.lexsort((days.in_time.at_s, days.in_time.token))
    token, at_s = days.in_time.token[order], days.in_time.at_s[order]
    group = np.where(
        days.in_time.route[order] == UNKNOWN_ROUTE,
        -1,
        days.supply.group[days.in_time.route[order]],
    )
    feeder = [g.code for g in days.profile.groups].index("feeder")
    is_mass = (group == 0) | (group == 1)
    joined = (
        (token[1:] == token[:-1])
        & (token[1:] != NO_TOKEN)
        & ((group[:-1] == feeder) & is_mass[1:] | is_mass[:-1] & (group[1:] == feeder))
        & (np.diff(at_s) < 3600)
    )
    assert 0.05 < joined.sum() / (token != NO_TOKEN).sum() < 0.20


def test_shares_are_given_to_who_lacks_most() -> None:
    assert share_out([5.0, 3.0, 2.0], {"a": 50, "b": 50}) == ["a", "b", "b"]
    assert share_out([1.0, 1.0], {"a": 1, "b": 1}) == ["a", "b"]
