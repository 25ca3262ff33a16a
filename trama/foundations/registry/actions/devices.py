"""Registering validators, gates and tills. A key is shown once; only its digest is kept."""

import re
import secrets

import pyarrow as pa
from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Device, Organisation
from trama.foundations.registry.queries.devices import digest_of_key

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def register_device(*, city: City, organisation: Organisation, code: str) -> str:
    """Register one device and answer its key, which cannot be read again.

    Refused: `bad_device_code`, `organisation_of_another_city`, `device_exists`.
    """
    table = pa.table({"code": [code], "organisation": [organisation.code]})
    _check_same_city(city, organisation)
    keys = register_devices(city=city, devices=table)
    if keys.num_rows == 0:
        raise Refused(
            "device_exists",
            gettext_noop("The device “{device}” is already registered in {city}."),
            remedy=gettext_noop("Choose another code, or replace the key of this device."),
            device=code,
            city=city.name,
        )
    return str(keys["key"][0])


def register_devices(*, city: City, devices: pa.Table) -> pa.Table:
    """Register many: `devices` (code: string, organisation: string, its code).

    Answers (code, key) of those that were new; devices already there keep their key and
    organisation. Refused whole: `bad_device_code`, `unknown_organisation`.
    """
    codes: list[str] = devices["code"].to_pylist()
    owners: list[str] = devices["organisation"].to_pylist()
    for code in codes:
        _check_code(code)
    known = {o.code: o for o in Organisation.objects.filter(city=city)}
    for owner in set(owners) - set(known):
        raise Refused(
            "unknown_organisation",
            gettext_noop("There is no organisation “{organisation}” in {city}."),
            remedy=gettext_noop("Found it first with: trama found_organisation"),
            organisation=owner,
            city=city.name,
        )
    with transaction.atomic():
        there = set(Device.objects.filter(city=city).values_list("code", flat=True))
        new = {c: o for c, o in zip(codes, owners, strict=True) if c not in there}
        keys = {code: secrets.token_urlsafe(32) for code in new}
        Device.objects.bulk_create(
            [
                Device(
                    city=city,
                    organisation=known[owner],
                    code=code,
                    key_digest=digest_of_key(keys[code]),
                )
                for code, owner in new.items()
            ],
            batch_size=5_000,
        )
    return pa.table(
        {
            "code": pa.array(list(keys), pa.string()),
            "key": pa.array(list(keys.values()), pa.string()),
        }
    )


def replace_device_key(*, device: Device) -> str:
    """Give a device a new key, answered once; the old one no longer opens anything."""
    key = secrets.token_urlsafe(32)
    with transaction.atomic():
        device.key_digest = digest_of_key(key)
        device.save(update_fields=["key_digest"])
    return key


def revoke_device(*, device: Device, at_s: int) -> None:
    """From `at_s` on, what the device sends is quarantined. Revoking again changes nothing."""
    with transaction.atomic():
        Device.objects.filter(pk=device.pk, revoked_at_s=None).update(revoked_at_s=at_s)
        device.refresh_from_db()


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code or ""):
        raise Refused(
            "bad_device_code",
            gettext_noop("“{device}” cannot be the code of a device."),
            remedy=gettext_noop("Use 1 to 60 letters, digits, points, hyphens and underscores."),
            device=code,
        )


def _check_same_city(city: City, organisation: Organisation) -> None:
    if organisation.city_id != city.pk:
        raise Refused(
            "organisation_of_another_city",
            gettext_noop("{organisation} is not an organisation of {city}."),
            remedy=gettext_noop("Name an organisation that was founded in this city."),
            organisation=organisation.name,
            city=city.name,
        )
