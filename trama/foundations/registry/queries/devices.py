"""Which devices there are, and whether a key opens one."""

import hashlib
import hmac

import pyarrow as pa

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Device
from trama.foundations.registry.sets import read_table

DEVICES = pa.schema([("code", pa.string()), ("revoked_at_s", pa.int64())])


def digest_of_key(key: str) -> str:
    """What is kept of a device's key. The key has 256 random bits, so no stretching is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_opens(key: str, key_digest: str) -> bool:
    """Whether `key` is the one whose digest was kept; takes the same time whatever the answer."""
    return hmac.compare_digest(digest_of_key(key), key_digest)


def find_device(city: City, code: str) -> Device | None:
    """The device of `city` called `code`, revoked or not."""
    return Device.objects.filter(city=city, code=code).first()


def get_device(city: City, code: str) -> Device:
    """The device of `city` called `code`, revoked or not; refused as `unknown_device`."""
    device = find_device(city, code)
    if device is None:
        raise Refused(
            "unknown_device",
            gettext_noop("There is no device “{device}” in {city}."),
            remedy=gettext_noop("Register it first with: trama register_device"),
            device=code,
            city=city.name,
        )
    return device


def device_table(city: City) -> pa.Table:
    """Every device of `city`: (code: string, revoked_at_s: int64, null while it serves)."""
    return read_table(
        "SELECT code, revoked_at_s FROM registry_device WHERE city_id = %s", [city.pk], DEVICES
    )
