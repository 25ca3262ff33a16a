"""Ana takes a bus and then the train. The story of those two boardings, from tap to settlement."""

from pathlib import Path
from typing import Any

import pytest

from tests.programmes.mobility.aldea import MONDAY, arrive, balances, close, stage, tap
from trama.foundations.ledger.queries import find_posting, trial_balance
from trama.foundations.measures.queries import latest_observations
from trama.foundations.payments.queries import clearing_matrix, settlement_totals
from trama.foundations.registry.models import Token
from trama.programmes.mobility.models import SealedSequence, Tap
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.reading import read_account

pytestmark = pytest.mark.django_db


def test_from_a_tap_to_the_settlement(tmp_path: Path, settings: Any) -> None:
    settings.HOME = home = tmp_path
    vega = stage(home, code="vega")

    # On Monday Ana boards bus B1, run by Alfa, and forty minutes later the train, run by Gama.
    bus, train = tap(1, MONDAY, "07:00", "B1", "ANA"), tap(2, MONDAY, "07:40", "T1", "ANA")

    # The validator of the bus is in a tunnel: it sends its tap after the train's, and twice.
    arrive(vega, [train])
    arrive(vega, [bus])
    arrive(vega, [bus])
    assert Tap.objects.filter(city=vega).count() == 2

    # After the cut-over the day is closed.
    close(vega, home, MONDAY)

    # Her two boardings are one journey. The bus costs 9.50, the train half of that.
    ana = Token.objects.get(city=vega, token="ANA")
    legs = read_account([day_folder(home, "vega", MONDAY)], ana.pk).to_pylist()
    assert [leg["route"] for leg in legs] == ["B1", "T1"]
    assert legs[0]["journey"] == legs[1]["journey"]
    assert [leg["fare_minor"] for leg in legs] == [950, 475]

    # She is charged once, 14.25, and the money is with Alfa, who issued her card.
    key = "mobility/vega/2026-10-12/r0"
    charge = find_posting(f"{key}/charge/ANA/alfa")
    assert charge is not None
    assert charge.posted_minor == 1425
    assert balances("rider:vega:") == {"rider:vega:ANA": 1425}

    # Both carried her, so they share the journey; the odd centavo goes to the first leg.
    assert [leg["share_minor"] for leg in legs] == [713, 712]
    assert clearing_matrix(vega, MONDAY) == {("alfa", "alfa"): 713, ("alfa", "gama"): 712}

    # Clearing costs one per cent. Alfa holds all of her money, so it pays Gama and the town.
    nets = {row["organisation__code"]: row["net"] for row in settlement_totals(vega, MONDAY)}
    assert nets == {"alfa": 713 - 7 - 1425, "gama": 712 - 7, "ayuntamiento": 14}
    assert sum(int(str(net)) for net in nets.values()) == 0

    # The ledger says the same, and nothing is left half-way.
    assert balances("settlement:vega:") == {
        f"settlement:vega:{code}": net for code, net in nets.items()
    }
    assert balances("collected:vega:") == {}
    assert balances("earned:vega:") == {}
    assert [line.debits_minor - line.credits_minor for line in trial_balance()] == [0]

    # The day is sealed; the database remembers only where to look for a repeated tap.
    assert Tap.objects.filter(city=vega).count() == 0
    arrive(vega, [bus])
    assert Tap.objects.filter(city=vega).count() == 0
    assert SealedSequence.objects.filter(city=vega).count() == 2

    # And the town can say how many of its boardings were transfers: one of two.
    share = latest_observations("vega", indicator="mobility-transfers").get()
    assert (share.numerator, share.denominator) == (1, 2)
