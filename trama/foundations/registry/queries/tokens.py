"""Accounts behind tokens, by the set. An account is a token's primary key."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City, Token
from trama.foundations.registry.sets import read_table


def find_token(city: City, token: str) -> Token | None:
    """The token of `city`, or None."""
    return Token.objects.filter(city=city, token=token).select_related("issuer", "city").first()


def get_token(city: City, token: str) -> Token:
    """The token of `city`; refused as `unknown_token`."""
    found = find_token(city, token)
    if found is None:
        raise Refused(
            "unknown_token",
            gettext_noop("There is no token “{token}” in {city}."),
            remedy=gettext_noop("Check the code printed on the card or shown by the phone."),
            token=token,
            city=city.name,
        )
    return found


def accounts_of(city: City, tokens: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The account of each token: int64, as long as `tokens`; null for null and unknown ones."""
    known = read_table(
        "SELECT token, id FROM registry_token WHERE city_id = %s",
        [city.pk],
        pa.schema([("token", pa.string()), ("id", pa.int64())]),
    )
    places = pc.index_in(tokens, known["token"], skip_nulls=True)
    return _whole(known["id"].take(places))


def issuer_of(city: City, accounts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The code of the organisation that holds the money of each account; null if unknown."""
    known = read_table(
        "SELECT t.id, o.code FROM registry_token t"
        " JOIN registry_organisation o ON o.id = t.issuer_id WHERE t.city_id = %s",
        [city.pk],
        pa.schema([("id", pa.int64()), ("code", pa.string())]),
    )
    places = pc.index_in(accounts, known["id"], skip_nulls=True)
    return _whole(known["code"].take(places))


def entitlements_on(city: City, day: date) -> pa.Table:
    """The categories proven on `day`: (account: int64, category: string), by account."""
    return read_table(
        "SELECT e.token_id, e.category FROM registry_entitlement e"
        " JOIN registry_token t ON t.id = e.token_id"
        " WHERE t.city_id = %s AND e.valid_from <= %s"
        " AND (e.valid_to IS NULL OR e.valid_to >= %s)"
        " ORDER BY e.token_id, e.category",
        [city.pk, day, day],
        pa.schema([("account", pa.int64()), ("category", pa.string())]),
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined
