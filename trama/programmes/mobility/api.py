"""The door for devices: `POST /api/mobility/taps`.

A device signs in by HTTP Basic (RFC 7617): CITY/DEVICE is the user, its key the password.
"""

import time
from collections import Counter
from datetime import datetime
from math import floor
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from msgspec import Meta
from ninja import Router
from ninja.security import HttpBasicAuth

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.actions.taps import Sender, receive_taps
from trama.web.refusals import said

router = Router()
MOST_TAPS = 1_000
MOST_BYTES = 1024 * 1024
STATUS = {
    "body_is_not_json": 400,
    "device_key_is_wrong": 401,
    "tap_of_another_device": 403,
    "body_is_too_long": 413,
    "body_of_unknown_kind": 415,
}
OUTCOMES = ("kept", "duplicate", "conflict", "held", "refused")
EXACT = 2**53 - 1
# Every JSON reader keeps these whole numbers exactly (RFC 8259, 6), and 7.0 is the number 7.
Whole = Annotated[int, Meta(ge=0, le=EXACT)] | Annotated[float, Meta(ge=0, le=EXACT, multiple_of=1)]
Word = Annotated[str, Meta(min_length=1, max_length=80)]


class TapSent(msgspec.Struct, forbid_unknown_fields=True):
    """One tap as its device tells it: of a route, a stop or both; `token` is null for cash."""

    device: Annotated[str, Meta(min_length=1, max_length=60)]
    sequence: Annotated[Whole, Meta(extra_json_schema={"type": "integer"})]
    medium: Annotated[str, Meta(min_length=1, max_length=40)]
    tapped_at: Annotated[datetime, Meta(tz=True)]
    direction: Literal["on", "off", "unknown"]
    token: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    route: Word | None = None
    stop: Word | None = None
    vehicle: Annotated[str, Meta(min_length=1, max_length=60)] | None = None


class BatchSent(msgspec.Struct, forbid_unknown_fields=True):
    """The taps of one device, in any order."""

    taps: Annotated[list[TapSent], Meta(min_length=1, max_length=MOST_TAPS)]


class TapAnswered(msgspec.Struct, omit_defaults=True):
    """What became of a tap; only a refused one is not kept here in some form."""

    sequence: int
    outcome: Annotated[str, Meta(extra_json_schema={"enum": list(OUTCOMES)})]
    reason: str | None = None
    detail: str | None = None


class BatchAnswered(msgspec.Struct):
    """How many of each outcome, and each tap's, in the order in which they were sent."""

    kept: int
    duplicate: int
    conflict: int
    held: int
    refused: int
    taps: list[TapAnswered]


class RefusalAnswered(msgspec.Struct):
    """Nothing was done: a name for programs, a sentence for people and a way out."""

    code: str
    message: str
    remedy: str


class DeviceKey(HttpBasicAuth):
    """The key is compared where the batch is written, so that a lost one can be shut at once."""

    openapi_description = "CITY/DEVICE as user, the device's key as password."

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Sender | None:
        city, _separator, device = username.partition("/")
        return Sender(city=city, device=device, key=password) if username.isprintable() else None


def _inlined(kind: Any) -> dict[str, Any]:
    """The JSON schema of `kind`, without references."""
    [schema], parts = msgspec.json.schema_components([kind], ref_template="{name}")

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            return (
                inline(parts[node["$ref"]])
                if "$ref" in node
                else {name: inline(value) for name, value in node.items()}
            )
        return [inline(value) for value in node] if isinstance(node, list) else node

    answer: dict[str, Any] = inline(schema)
    return answer


def _described(description: str, kind: Any) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": _inlined(kind)}},
    }


OPENAPI = {
    "requestBody": {"required": True, **_described("The taps of one device.", BatchSent)},
    "responses": {
        200: _described("Every tap is on the disk, unless it was refused.", BatchAnswered),
        400: _described("The body is not JSON.", RefusalAnswered),
        401: _described("There is no key, or it opens no device.", RefusalAnswered),
        403: _described("A tap is another device's.", RefusalAnswered),
        413: _described("The body is longer than 1 MiB.", RefusalAnswered),
        415: _described("The body is not called application/json.", RefusalAnswered),
        422: _described("A field is missing, unknown or of another type.", RefusalAnswered),
    },
}
_decode = msgspec.json.Decoder(BatchSent).decode
_encode = msgspec.json.Encoder().encode


@router.post(
    "/taps",
    auth=DeviceKey(),
    summary="Hand in taps",
    description="1 to 1,000 taps of the device that signs in. Sending them again changes nothing.",
    operation_id="receive_taps",
    openapi_extra=OPENAPI,
)
def post_taps(request: HttpRequest) -> HttpResponse:
    """Keep a batch; the answer is given when the taps are on the disk."""
    try:
        taps = _taps_in(request)
        sender: Sender = request.auth  # type: ignore[attr-defined]
        outcomes = receive_taps(sender=sender, columns=_columns(taps), at_s=int(time.time()))
    except Refused as refusal:
        return _answer(said(refusal), STATUS.get(refusal.code, 422))
    counts = Counter(told.outcome for told in outcomes)
    answers = [
        TapAnswered(int(tap.sequence), told.outcome, told.reason, told.detail)
        for tap, told in zip(taps, outcomes, strict=True)
    ]
    return _answer(BatchAnswered(**{name: counts[name] for name in OUTCOMES}, taps=answers), 200)


def _answer(content: object, status: int) -> HttpResponse:
    answer = HttpResponse(_encode(content), status=status, content_type="application/json")
    if status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="Trama"'
    return answer


def _taps_in(request: HttpRequest) -> list[TapSent]:
    if request.content_type != "application/json":
        raise Refused(
            "body_of_unknown_kind",
            gettext_noop("The body is not called application/json."),
            remedy=gettext_noop("Send JSON, with the header Content-Type: application/json"),
        )
    try:
        return _decode(_body(request)).taps
    except msgspec.ValidationError as error:
        raise Refused(
            "fields_are_wrong",
            gettext_noop("The batch does not have the form it should: {why}"),
            remedy=gettext_noop("Mend the field that is named; nothing of the batch was kept."),
            why=str(error),
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(
            "body_is_not_json",
            gettext_noop("The body cannot be read as JSON: {why}"),
            remedy=gettext_noop("Send JSON in UTF-8; nothing of the batch was kept."),
            why=str(error),
        ) from error


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    try:
        if int(length) <= MOST_BYTES and len(request.body) <= MOST_BYTES:
            return request.body
    except (ValueError, RequestDataTooBig):
        pass
    raise Refused(
        "body_is_too_long",
        gettext_noop("The body is longer than {most} bytes."),
        remedy=gettext_noop("Send at most {taps} taps at once."),
        most=MOST_BYTES,
        taps=MOST_TAPS,
    )


def _columns(taps: list[TapSent]) -> dict[str, list[Any]]:
    return {
        "device": [tap.device for tap in taps],
        "sequence": [int(tap.sequence) for tap in taps],
        "token": [tap.token for tap in taps],
        "medium": [tap.medium for tap in taps],
        "tapped_at_s": [floor(tap.tapped_at.timestamp()) for tap in taps],
        "route": [tap.route for tap in taps],
        "stop": [tap.stop for tap in taps],
        "vehicle": [tap.vehicle for tap in taps],
        "direction": [tap.direction for tap in taps],
    }
