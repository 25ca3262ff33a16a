"""Publishing tariffs and agreements: what is kept, what is refused, what history says."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model

from trama.core.refusals import Refused
from trama.foundations.registry.models import City
from trama.programmes.mobility import models
from trama.programmes.mobility.actions.tariffs import publish_agreement, publish_tariff
from trama.programmes.mobility.queries.tariffs import (
    agreement_history,
    find_agreement_on,
    find_tariff_on,
    get_agreement_by_digest,
    get_agreement_on,
    get_tariff_by_digest,
    get_tariff_on,
    tariff_history,
)
from trama.web.refusals import said

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).resolve().parents[3] / "trama" / "demo" / "data"
GUADALAJARA = [
    (DEMO / "guadalajara" / f"tariff-{year}.toml").read_text() for year in (2019, 2025, 2026)
]
AGREEMENT = (DEMO / "guadalajara" / "agreement.toml").read_text()
LATER = (
    GUADALAJARA[2]
    .replace('code = "jalisco-2026"', 'code = "jalisco-2027"\nreplaces = "jalisco-2026"')
    .replace("valid_from = 2026-04-01", "valid_from = 2027-04-01")
    .replace('amount = "11.00"', 'amount = "12.00"')
)


@pytest.fixture
def city() -> City:
    return City.objects.create(
        code="gdl", name="Guadalajara", timezone="America/Mexico_City", currency="MXN"
    )


def published(city: City) -> list[models.Tariff]:
    return [publish_tariff(city=city, document=text, at_s=1) for text in GUADALAJARA]


def refused(city: City, document: str) -> Refused:
    before = list(models.Tariff.objects.values())
    with pytest.raises(Refused) as caught:
        publish_tariff(city=city, document=document, at_s=2)
    assert list(models.Tariff.objects.values()) == before
    assert said(caught.value)["remedy"]
    return caught.value


def test_each_day_has_the_tariff_that_was_valid_then(city: City) -> None:
    published(city)
    for day, fare_minor in (
        (date(2024, 12, 31), 950),
        (date(2026, 3, 31), 950),
        (date(2026, 4, 1), 1100),
        (date(2036, 1, 1), 1100),
    ):
        words, row = get_tariff_on(city, day)
        assert words.fares[0].amount_minor == fare_minor
        assert row.valid_from <= day
    assert [row.code for row in tariff_history(city)] == [
        "jalisco-2026",
        "jalisco-2025",
        "jalisco-2019",
    ]


def test_a_day_without_a_tariff_is_refused_by_name(city: City) -> None:
    assert find_tariff_on(city, date(2018, 1, 1)) is None
    with pytest.raises(Refused) as caught:
        get_tariff_on(city, date(2018, 1, 1))
    assert caught.value.code == "no_tariff_on_day"
    with pytest.raises(Refused) as caught:
        get_agreement_on(city, date(2018, 1, 1))
    assert caught.value.code == "no_agreement_on_day"


def test_publishing_the_same_document_again_changes_nothing(city: City) -> None:
    first = published(city)
    assert published(city) == first
    assert models.Tariff.objects.count() == 3


def test_a_published_code_never_gets_another_text(city: City) -> None:
    published(city)
    changed = GUADALAJARA[2].replace('amount = "11.00"', 'amount = "10.00"')
    assert refused(city, changed).code == "document_code_taken"


def test_two_tariffs_may_not_share_a_day(city: City) -> None:
    published(city)
    refusal = refused(city, LATER.replace('replaces = "jalisco-2026"', ""))
    assert refusal.code == "document_overlaps"
    assert refusal.params["other"] == "jalisco-2026"
    assert refusal.params["day"] == "2027-04-01"


def test_a_newer_tariff_ends_an_open_one_only_when_it_says_so(city: City) -> None:
    open_one = published(city)[2]
    text, digest = open_one.document, open_one.digest
    publish_tariff(city=city, document=LATER, at_s=3)
    open_one.refresh_from_db()
    assert open_one.valid_to == date(2027, 3, 31)
    assert (open_one.document, open_one.digest) == (text, digest)
    words, _ = get_tariff_on(city, date(2027, 3, 31))
    assert (words.code, words.valid_to) == ("jalisco-2026", date(2027, 3, 31))
    assert get_tariff_on(city, date(2027, 4, 1))[0].code == "jalisco-2027"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('replaces = "jalisco-2026"', 'replaces = "jalisco-1999"', "nothing_to_replace"),
        ('replaces = "jalisco-2026"', 'replaces = "jalisco-2025"', "replaced_already_ends"),
        ("2027-04-01", "2026-04-01", "replaced_begins_later"),
    ],
)
def test_a_replacement_that_makes_no_sense_is_refused(
    city: City, old: str, new: str, code: str
) -> None:
    published(city)
    assert refused(city, LATER.replace(old, new)).code == code


def test_a_closed_day_keeps_its_tariff(city: City) -> None:
    published(city)
    models.Closing.objects.create(
        city=city,
        service_date=date(2027, 4, 2),
        revision=0,
        through_id=1,
        tariff_digest="",
        agreement_digest="",
        started_at_s=1,
    )
    assert refused(city, LATER).code == "day_is_closed"


@pytest.mark.parametrize(
    ("field", "value"), [("currency", "BRL"), ("timezone", "America/Bogota"), ("cutover_s", 0)]
)
def test_the_tariff_of_another_city_is_refused(city: City, field: str, value: object) -> None:
    setattr(city, field, value)
    assert refused(city, GUADALAJARA[0]).code == "tariff_of_another_city"


def test_an_agreement_must_say_who_collects_every_medium(city: City) -> None:
    published(city)
    with pytest.raises(Refused) as caught:
        publish_agreement(
            city=city, document=AGREEMENT.replace('medium = "univiaje"', 'medium = "x"'), at_s=1
        )
    assert caught.value.code == "medium_without_clearing"
    assert caught.value.params["medium"] == "univiaje"
    row = publish_agreement(city=city, document=AGREEMENT, at_s=1)
    assert publish_agreement(city=city, document=AGREEMENT, at_s=9) == row
    assert get_agreement_on(city, date(2026, 4, 15))[1] == row
    assert find_agreement_on(city, date(2019, 6, 30)) is None
    assert list(agreement_history(city)) == [row]


def test_a_tariff_may_not_bring_a_medium_that_the_agreement_leaves_out(city: City) -> None:
    publish_agreement(city=city, document=AGREEMENT, at_s=1)
    text = GUADALAJARA[0].replace('code = "bank_card"', 'code = "phone"')
    assert refused(city, text).code == "medium_without_clearing"


def test_a_document_is_found_by_its_digest(city: City) -> None:
    row = published(city)[1]
    agreement = publish_agreement(city=city, document=AGREEMENT, at_s=1)
    assert get_tariff_by_digest(city, row.digest)[1] == row
    assert get_agreement_by_digest(city, agreement.digest)[1] == agreement
    for question in (get_tariff_by_digest, get_agreement_by_digest):
        with pytest.raises(Refused) as caught:
            question(city, "0" * 64)
        assert caught.value.code == "unknown_document"


@pytest.mark.parametrize(
    ("command", "file", "kind"),
    [
        ("publish_tariff", "tariff-2026.toml", models.Tariff),
        ("publish_agreement", "agreement.toml", models.Agreement),
    ],
)
def test_a_terminal_publishes(city: City, command: str, file: str, kind: type[Model]) -> None:
    out = StringIO()
    path = DEMO / "guadalajara" / file
    call_command(command, "gdl", str(path), stdout=out)
    row = kind._default_manager.get()
    assert str(row).split()[0] in out.getvalue()


def test_a_terminal_refuses_in_words(city: City, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff\xfe")
    for path in (bad, tmp_path / "absent.toml", tmp_path):
        with pytest.raises(CommandError, match=str(path)):
            call_command("publish_tariff", "gdl", str(path))
    bad.write_text("fare = [")
    with pytest.raises(CommandError):
        call_command("publish_agreement", "gdl", str(bad))
    with pytest.raises(CommandError):
        call_command("publish_tariff", "nowhere", str(DEMO / "guadalajara" / "tariff-2019.toml"))


def test_the_demo_documents_of_toluca_are_published_together() -> None:
    toluca = City.objects.create(
        code="toluca", name="Toluca", timezone="America/Mexico_City", currency="MXN"
    )
    folder = DEMO / "toluca"
    publish_tariff(city=toluca, document=(folder / "tariff.toml").read_text(), at_s=1)
    publish_agreement(city=toluca, document=(folder / "agreement.toml").read_text(), at_s=1)
    assert get_tariff_on(toluca, date(2025, 11, 20))[0].fares[0].amount_minor == 1400
