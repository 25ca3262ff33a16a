"""Who a city of the demo has, and what they hold: through the verbs of the registry."""

import csv
from datetime import date

import pyarrow as pa
from django.contrib.auth.models import User

from trama.demo.mobility.days import Days
from trama.demo.mobility.files import CHUNK_ROWS
from trama.demo.mobility.profiles import Person, Profile
from trama.demo.mobility.supply import device_codes
from trama.demo.telling import Share
from trama.foundations.registry.actions import (
    assign_token,
    found_city,
    found_organisation,
    grant_role,
    register_devices,
    register_tokens,
    register_user,
)
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import get_organisation, get_token


def found(profile: Profile) -> City:
    """The city, marked as synthetic, and its organisations."""
    city = found_city(
        code=profile.code,
        name=profile.name,
        timezone=profile.timezone,
        currency=profile.currency,
        cutover_s=profile.cutover_s,
        is_synthetic=True,
    )
    for org in profile.organisations:
        found_organisation(city=city, code=org.code, name=org.name, kind=org.kind)
    if profile.network.operators:
        path = profile.folder / profile.network.operators
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            found_organisation(city=city, code=row["code"], name=row["name"], kind="operator")
    return city


def register_things(city: City, days: Days, share: Share) -> None:
    """Devices and tokens of the city, then the people with a name."""
    supply = days.supply
    owners = [supply.operators[i] for i in supply.operator.repeat(supply.devices)]
    register_devices(
        city=city, devices=pa.table({"code": device_codes(supply), "organisation": owners})
    )
    for number, tokens in enumerate(days.token_tables()):
        register_tokens(city=city, tokens=tokens)
        share(number * CHUNK_ROWS, len(days.riders))
    for person in days.profile.people:
        welcome(city, person, date(days.day.year, 1, 1))


def welcome(city: City, person: Person, since: date) -> User:
    """One person who can sign in: with a role, and a rider with the token she holds."""
    user = register_user(username=person.username, password=person.password, name=person.name)
    grant_role(
        user=user,
        organisation=get_organisation(city, person.organisation or person.issuer),
        role=person.role,
    )
    if person.token:
        row = {
            "token": pa.array([person.token]),
            "medium": pa.array([person.medium]),
            "issuer": pa.array([person.issuer]),
            "category": pa.array([person.category or None], pa.string()),
            "valid_from": pa.array([since]),
        }
        register_tokens(city=city, tokens=pa.table(row))
        assign_token(token=get_token(city, person.token), holder=user)
    return user
