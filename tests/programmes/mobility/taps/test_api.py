"""The door for devices: who may, what is said, and what is refused."""

import base64
import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.programmes.mobility.taps.conftest import NOON_S, TARIFF, World, settle_world, told
from trama.foundations.registry.actions import replace_device_key, revoke_device
from trama.foundations.registry.queries import get_device
from trama.programmes.mobility.actions.taps import release_taps
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

URL = "/api/mobility/taps"
NOON = "2026-04-15T12:00:00-06:00"


def sent(sequence: int = 1, **otherwise: Any) -> dict[str, Any]:
    tap = told(sequence) | {"tapped_at": NOON} | otherwise
    del tap["tapped_at_s"]
    return tap


def key_of(city: str, device: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{city}/{device}:{key}".encode()).decode()


def post(body: object, key: str | None, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if key is not None:
        headers["authorization"] = key
    kind = headers.pop("content_type", "application/json")
    return Client().post(URL, content, content_type=kind, headers=headers)


@pytest.fixture
def key(world: World) -> str:
    return key_of("gdl", "V1", world.keys["V1"])


def test_a_batch_is_answered_tap_by_tap(world: World, key: str) -> None:
    batch = [
        sent(1),
        sent(1),
        sent(1, route="C02"),
        sent(2, tapped_at="2026-04-15T18:00:00.9Z", token=None, medium="cash"),
        sent(3, route="C99"),
        sent(4, token="4111111111111111"),
        {k: v for k, v in sent(5).items() if v is not None},
    ]
    answer = post({"taps": batch}, key)
    assert answer.status_code == 200
    assert answer.json() == {
        "kept": 3,
        "duplicate": 1,
        "conflict": 1,
        "held": 1,
        "refused": 1,
        "taps": [
            {"sequence": 1, "outcome": "kept"},
            {"sequence": 1, "outcome": "duplicate"},
            {"sequence": 1, "outcome": "conflict", "reason": "conflict", "detail": "route"},
            {"sequence": 2, "outcome": "kept"},
            {
                "sequence": 3,
                "outcome": "held",
                "reason": "unknown_route",
                "detail": "route: C99",
            },
            {"sequence": 4, "outcome": "refused", "reason": "card_number"},
            {"sequence": 5, "outcome": "kept"},
        ],
    }
    assert world.kept() == {
        tuple(told(1).values()),
        tuple(told(2, token=None, medium="cash").values()),
        tuple(told(5).values()),
    }


def test_the_right_device_another_citys_device_and_nobody(world: World, key: str) -> None:
    other = settle_world("tol", TARIFF)
    body = {"taps": [sent(1)]}
    assert post(body, key_of("gdl", "V1", other.keys["V1"])).status_code == 401
    assert post(body, key_of("tol", "V1", world.keys["V1"])).status_code == 401
    nobody = post(body, None)
    assert nobody.status_code == 401
    assert nobody.json()["code"] == "key_is_missing"
    assert nobody["WWW-Authenticate"].startswith("Basic")
    assert not Tap.objects.exists()
    assert post(body, key).status_code == 200
    assert post(body, key_of("tol", "V1", other.keys["V1"])).status_code == 200
    assert list(Tap.objects.order_by("pk").values_list("city__code", flat=True)) == ["gdl", "tol"]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Basic",
        "Basic !",
        "Bearer abc",
        "Device gdl/V1:x",
        "Basic Z2RsL1YxOv8=",
        "Basic AGE6Yg==",
    ],
)
def test_what_is_no_key_is_refused(world: World, wrong: str) -> None:
    answer = post({"taps": [sent(1)]}, wrong)
    assert answer.status_code == 401
    assert answer.json()["remedy"]


def test_a_wrong_key_and_an_unknown_device_are_told_the_same(world: World) -> None:
    wrong = post({"taps": [sent(1)]}, key_of("gdl", "V1", "x"))
    unknown = post({"taps": [sent(1)]}, key_of("gdl", "V9", "x"))
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "device_key_is_wrong"


def test_the_database_has_no_key(world: World) -> None:
    device = get_device(world.city, "V1")
    assert world.keys["V1"] not in str(vars(device))


def test_a_replaced_key_opens_nothing(world: World, key: str) -> None:
    new = replace_device_key(device=get_device(world.city, "V1"))
    assert post({"taps": [sent(1)]}, key).status_code == 401
    assert post({"taps": [sent(1)]}, key_of("gdl", "V1", new)).status_code == 200


def test_a_device_does_not_speak_for_another(world: World, key: str) -> None:
    answer = post({"taps": [sent(1), sent(2, device="V2")]}, key)
    assert answer.status_code == 403
    assert answer.json()["code"] == "tap_of_another_device"
    assert not Tap.objects.exists()


def test_what_a_revoked_device_sends_is_held_and_its_own_past_can_be_released(
    world: World, key: str
) -> None:
    revoke_device(device=get_device(world.city, "V1"), at_s=NOON_S + 60)
    later = sent(2, tapped_at="2026-04-15T12:01:00-06:00")
    answer = post({"taps": [sent(1), later]}, key).json()
    assert answer["held"] == 2
    assert {tap["reason"] for tap in answer["taps"]} == {"unknown_device"}
    assert release_taps(city=world.city, at_s=NOON_S + 120) == {"kept": 1, "held": 1}
    assert Tap.objects.get().sequence == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 415, "body_of_unknown_kind"),
        (b"not json", 400, "body_is_not_json"),
        (b'{"taps": [', 400, "body_is_not_json"),
        (b'{"taps": [{"device": "\xff"}]}', 400, "body_is_not_json"),
        (b"[" * 100_000, 422, "fields_are_wrong"),
        (b"null", 422, "fields_are_wrong"),
        (b'{"taps": []}', 422, "fields_are_wrong"),
        ({"taps": [sent(n) for n in range(1_001)]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1)], "more": 1}, 422, "fields_are_wrong"),
        ({"taps": [sent(1) | {"fare": 1}]}, 422, "fields_are_wrong"),
        ({"taps": [sent("1")]}, 422, "fields_are_wrong"),  # type: ignore[arg-type]
        ({"taps": [sent(-1)]}, 422, "fields_are_wrong"),
        ({"taps": [sent(2**53)]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1, tapped_at="2026-04-15T12:00:00")]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1, tapped_at=NOON_S)]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1, direction="up")]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1, token="")]}, 422, "fields_are_wrong"),
        ({"taps": [sent(1, token="t" * 65)]}, 422, "fields_are_wrong"),
        (b" " * (1024 * 1024 + 1), 413, "body_is_too_long"),
        (b" " * (3 * 1024 * 1024), 413, "body_is_too_long"),
    ],
)
def test_malformed_bodies_are_refused_whole(
    world: World, key: str, body: object, status: int, code: str
) -> None:
    answer = post(body, key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]
    assert not Tap.objects.exists()
    assert not HeldTap.objects.exists()


def test_the_largest_batch_is_taken(world: World, key: str) -> None:
    answer = post({"taps": [sent(n) for n in range(1_000)]}, key)
    assert answer.json()["kept"] == Tap.objects.count() == 1_000


def test_a_whole_number_may_be_written_with_a_point(world: World, key: str) -> None:
    answer = post({"taps": [sent(7), sent(7.0)]}, key)  # type: ignore[arg-type]
    assert [tap["outcome"] for tap in answer.json()["taps"]] == ["kept", "duplicate"]


def test_a_form_is_not_json(world: World, key: str) -> None:
    assert post(b"{}", key, content_type="text/plain").status_code == 415


def test_a_refusal_is_told_in_the_languages_of_the_house(world: World, key: str) -> None:
    answer = post(b"not json", key, accept_language="en")
    assert answer.json()["message"].startswith("The body cannot be read as JSON")


def test_signs_that_no_word_has_are_held_not_lost(world: World, key: str) -> None:
    answer = post({"taps": [sent(1, vehicle="bus\x00"), sent(2, vehicle="bus\ud800")]}, key)
    assert answer.status_code == 400
    answer = post({"taps": [sent(1, vehicle="bus\x00"), sent(2)]}, key)
    assert [tap["outcome"] for tap in answer.json()["taps"]] == ["held", "kept"]


@pytest.mark.django_db(transaction=True)
def test_batches_that_arrive_together_are_answered_each_its_own(world: World) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite's test database lives in one connection; see the killed server")
    answers: dict[str, Any] = {}

    def hand_in(device: str, sequence: int) -> None:
        key = key_of("gdl", device, world.keys[device])
        answers[f"{device}/{sequence}"] = post(
            {"taps": [sent(sequence, device=device), sent(sequence, device=device)]}, key
        ).json()
        connection.close()

    in_threads(hand_in, [(device, n) for device in ("V1", "V2") for n in range(8)])
    assert all(answer["kept"] == answer["duplicate"] == 1 for answer in answers.values())
    assert Tap.objects.count() == 16


def in_threads(verb: Callable[..., None], each: list[tuple[Any, ...]]) -> None:
    threads = [Thread(target=verb, args=arguments) for arguments in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
