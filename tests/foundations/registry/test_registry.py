"""Founding, registering and permissions: what is kept, what is refused, who may."""

from datetime import date
from io import StringIO

import pyarrow as pa
import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import CommandError, call_command

from trama.core.refusals import Refused
from trama.foundations.registry import actions, queries
from trama.foundations.registry.models import City, Device, Membership, Organisation
from trama.foundations.registry.queries.devices import key_opens

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def city(code: str = "gdl") -> City:
    return actions.found_city(
        code=code, name=code.upper(), timezone="America/Mexico_City", currency="MXN"
    )


def organisation(of: City, code: str, kind: str = "operator") -> Organisation:
    return actions.found_organisation(city=of, code=code, name=code.upper(), kind=kind)


@pytest.fixture
def gdl() -> City:
    return city()


def refusal_of(verb: object, **words: object) -> str:
    with pytest.raises(Refused) as refused:
        verb(**words)  # type: ignore[operator]
    assert refused.value.remedy
    return refused.value.code


def test_founding_again_answers_the_same(gdl: City) -> None:
    assert city() == gdl
    assert organisation(gdl, "bea") == organisation(gdl, "bea")
    assert list(queries.cities()) == [gdl]
    assert queries.get_organisation(gdl, "bea").name == "BEA"


@pytest.mark.parametrize(
    ("otherwise", "code"),
    [
        ({"name": "Other"}, "city_exists_otherwise"),
        ({"cutover_s": 0}, "city_exists_otherwise"),
        ({"code": "no blanks"}, "bad_code"),
        ({"code": ""}, "bad_code"),
        ({"timezone": "Mars/Olympus"}, "unknown_timezone"),
        ({"currency": "XXX"}, "unknown_currency"),
        ({"cutover_s": 86_400}, "bad_cutover"),
        ({"cutover_s": -1}, "bad_cutover"),
    ],
)
def test_cities_that_are_refused(gdl: City, otherwise: dict[str, object], code: str) -> None:
    words = {"code": "gdl", "name": "GDL", "timezone": "America/Mexico_City", "currency": "MXN"}
    assert refusal_of(actions.found_city, **(words | otherwise)) == code
    assert City.objects.count() == 1


def test_organisations_that_are_refused(gdl: City) -> None:
    organisation(gdl, "bea")
    words = {"city": gdl, "code": "bea", "name": "BEA", "kind": "operator"}
    found = actions.found_organisation
    assert refusal_of(found, **(words | {"name": "B"})) == "organisation_exists_otherwise"
    assert refusal_of(found, **(words | {"kind": "king"})) == "unknown_kind"
    assert refusal_of(queries.get_organisation, city=gdl, code="tisa") == "unknown_organisation"
    assert refusal_of(queries.get_city, code="tol") == "unknown_city"


def test_a_device_has_a_key_that_is_shown_once(gdl: City) -> None:
    bea = organisation(gdl, "bea")
    key = actions.register_device(city=gdl, organisation=bea, code="V1")
    device = queries.get_device(gdl, "V1")
    assert key_opens(key, device.key_digest)
    assert not key_opens(key + "x", device.key_digest)
    assert key not in str(Device.objects.values())
    new = actions.replace_device_key(device=device)
    assert key_opens(new, device.key_digest)
    assert not key_opens(key, device.key_digest)
    actions.revoke_device(device=device, at_s=7)
    actions.revoke_device(device=device, at_s=9)
    assert queries.get_device(gdl, "V1").revoked_at_s == 7


def test_devices_that_are_refused(gdl: City) -> None:
    bea, other = organisation(gdl, "bea"), organisation(city("tol"), "bea")
    register = actions.register_device
    register(city=gdl, organisation=bea, code="V1")
    assert refusal_of(register, city=gdl, organisation=bea, code="V1") == "device_exists"
    assert refusal_of(register, city=gdl, organisation=bea, code="V:1") == "bad_device_code"
    wrong = refusal_of(register, city=gdl, organisation=other, code="V2")
    assert wrong == "organisation_of_another_city"
    table = pa.table({"code": ["V3", "V4"], "organisation": ["bea", "nobody"]})
    assert refusal_of(actions.register_devices, city=gdl, devices=table) == "unknown_organisation"
    assert Device.objects.count() == 1


def test_registering_many_devices_gives_keys_to_the_new_ones(gdl: City) -> None:
    organisation(gdl, "bea")
    table = pa.table({"code": ["V1", "V2"], "organisation": ["bea", "bea"]})
    assert actions.register_devices(city=gdl, devices=table)["code"].to_pylist() == ["V1", "V2"]
    more = pa.table({"code": ["V2", "V3", "V3"], "organisation": ["bea"] * 3})
    assert actions.register_devices(city=gdl, devices=more)["code"].to_pylist() == ["V3"]
    assert sorted(queries.device_table(gdl)["code"].to_pylist()) == ["V1", "V2", "V3"]


def tokens(*rows: tuple[str, str, str, str | None]) -> pa.Table:
    return pa.table(
        {
            "token": pa.array([row[0] for row in rows], pa.string()),
            "medium": pa.array([row[1] for row in rows], pa.string()),
            "issuer": pa.array([row[2] for row in rows], pa.string()),
            "category": pa.array([row[3] for row in rows], pa.string()),
            "valid_from": pa.array([date(2026, 1, 1)] * len(rows)),
        }
    )


def test_tokens_are_registered_once_with_what_their_riders_have_proven(gdl: City) -> None:
    organisation(gdl, "bea")
    organisation(gdl, "authority", "authority")
    table = tokens(("ana", "card", "bea", "student"), ("luz", "phone", "authority", None))
    assert actions.register_tokens(city=gdl, tokens=table) == 2
    assert actions.register_tokens(city=gdl, tokens=table) == 0
    asked = pa.array(["luz", "nobody", None, "ana", "luz"])
    accounts = queries.accounts_of(gdl, asked)
    ana, luz = queries.get_token(gdl, "ana").pk, queries.get_token(gdl, "luz").pk
    assert accounts.to_pylist() == [luz, None, None, ana, luz]
    assert queries.issuer_of(gdl, accounts).to_pylist() == [
        "authority",
        None,
        None,
        "bea",
        "authority",
    ]
    assert queries.entitlements_on(gdl, date(2026, 1, 1)).to_pylist() == [
        {"account": ana, "category": "student"}
    ]
    assert queries.entitlements_on(gdl, date(2025, 12, 31)).num_rows == 0
    assert queries.accounts_of(city("tol"), asked).null_count == 5


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("4111-1111-1111-1111", "card", "bea", None), "card_number_as_token"),
        (("ana", "phone", "bea", None), "token_known_otherwise"),
        (("ana", "card", "tisa", None), "token_known_otherwise"),
        (("new", "card", "nobody", None), "unknown_issuer"),
        (("", "card", "bea", None), "token_unreadable"),
        (("t" * 65, "card", "bea", None), "token_unreadable"),
        (("new", None, "bea", None), "token_unreadable"),
    ],
)
def test_tokens_that_are_refused_whole(
    gdl: City, row: tuple[str, str, str, str | None], code: str
) -> None:
    organisation(gdl, "bea")
    organisation(gdl, "tisa")
    actions.register_tokens(city=gdl, tokens=tokens(("ana", "card", "bea", None)))
    table = tokens(("rui", "card", "bea", "student"), row)
    assert refusal_of(actions.register_tokens, city=gdl, tokens=table) == code
    assert queries.find_token(gdl, "rui") is None


def test_a_role_fits_the_kind_of_its_organisation(gdl: City) -> None:
    user = actions.register_user(username="ana", password="a long secret", name="Ana")
    assert actions.register_user(username="ana", password="a long secret") == user
    taken = refusal_of(actions.register_user, username="ana", password="another")
    assert taken == "username_taken"
    bea = organisation(gdl, "bea")
    wrong = refusal_of(actions.grant_role, user=user, organisation=bea, role="authority")
    assert wrong == "role_does_not_fit"
    assert refusal_of(actions.grant_role, user=user, organisation=bea, role="king") == wrong
    for _ in range(2):
        actions.grant_role(user=user, organisation=bea, role="operator")
    assert [m.role for m in queries.roles_of(user)] == ["operator"]
    actions.revoke_role(user=user, organisation=bea, role="operator")
    assert not Membership.objects.exists()


def person(name: str, of: Organisation | None = None, role: str = "") -> User:
    user = User.objects.create(username=name)
    if of is not None:
        actions.grant_role(user=user, organisation=of, role=role)
    return user


def test_who_may(gdl: City) -> None:
    tol = city("tol")
    bea, tisa = organisation(gdl, "bea"), organisation(gdl, "tisa")
    authority = person("authority", organisation(gdl, "siteur", "authority"), "authority")
    auditor = person("auditor", organisation(gdl, "audit", "auditor"), "auditor")
    elsewhere = person("elsewhere", organisation(tol, "smyt", "authority"), "authority")
    operator, competitor = person("bea", bea, "operator"), person("tisa", tisa, "operator")
    rider, neighbour, stranger = person("rider"), person("neighbour"), AnonymousUser()
    actions.register_tokens(city=gdl, tokens=tokens(("ana", "card", "bea", None)))
    token = queries.get_token(gdl, "ana")
    actions.assign_token(token=token, holder=rider)
    everybody = {authority, auditor, elsewhere, operator, competitor, rider, neighbour}

    def who(may: object, thing: object) -> set[User]:
        assert not may(stranger, thing)  # type: ignore[operator]
        return {user for user in everybody if may(user, thing)}  # type: ignore[operator]

    assert who(queries.may_see_back_office, gdl) == {authority, auditor}
    assert who(queries.may_run_back_office, gdl) == {authority}
    assert who(queries.may_see_operator, bea) == {operator, authority, auditor}
    assert who(queries.may_see_token, token) == {rider, authority, auditor}
    actions.assign_token(token=token, holder=None)
    assert who(queries.may_see_token, token) == {authority, auditor}


def test_the_commands_found_and_register() -> None:
    out = StringIO()
    place = ["--timezone", "America/Mexico_City", "--currency", "MXN"]
    call_command("found_city", "tol", "Toluca", *place, stdout=out)
    call_command("found_organisation", "tol", "ops", "Ops", "--kind", "operator", stdout=out)
    key, warning = StringIO(), StringIO()
    device = ["tol", "V1", "--organisation", "ops"]
    call_command("register_device", *device, stdout=key, stderr=warning)
    stored = queries.get_device(queries.get_city("tol"), "V1")
    assert key_opens(key.getvalue().strip(), stored.key_digest)
    assert warning.getvalue()
    with pytest.raises(CommandError):
        call_command("register_device", *device, stdout=key)
    with pytest.raises(CommandError):
        call_command("found_city", "tol", "Other", *place)
    with pytest.raises(CommandError):
        call_command("found_organisation", "nowhere", "x", "X", "--kind", "operator")
