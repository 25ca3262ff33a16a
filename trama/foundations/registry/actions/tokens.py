"""Registering the pseudonyms that pay, by the set: a city has millions."""

import pyarrow as pa
import pyarrow.compute as pc
from django.contrib.auth.models import User
from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.card_numbers import card_numbers_in
from trama.foundations.registry.models import City, Organisation, Token
from trama.foundations.registry.sets import staged

_TOKENS = pa.schema([("token", pa.string()), ("medium", pa.string()), ("issuer", pa.string())])
_ENTITLED = pa.schema(
    [("token", pa.string()), ("category", pa.string()), ("valid_from", pa.date32())]
)
_INSERT_TOKENS = """
    INSERT INTO registry_token (city_id, token, medium, issuer_id)
    SELECT %s, s.token, s.medium, o.id
    FROM registering_tokens s
    JOIN registry_organisation o ON o.city_id = %s AND o.code = s.issuer
    WHERE true
    ORDER BY s.token
    ON CONFLICT (city_id, token) DO NOTHING
"""
_FIND_OTHERWISE = """
    SELECT s.token
    FROM registering_tokens s
    LEFT JOIN registry_organisation o ON o.city_id = %s AND o.code = s.issuer
    LEFT JOIN registry_token t ON t.city_id = %s AND t.token = s.token
    WHERE t.id IS NULL OR t.medium <> s.medium OR t.issuer_id <> o.id OR o.id IS NULL
    LIMIT 1
"""
# Every token is there by now: the left join only keeps SQLite from walking the city's tokens first.
_INSERT_ENTITLEMENTS = """
    INSERT INTO registry_entitlement (token_id, category, valid_from)
    SELECT t.id, s.category, s.valid_from
    FROM registering_entitlements s
    LEFT JOIN registry_token t ON t.city_id = %s AND t.token = s.token
    WHERE true
    ORDER BY t.id
    ON CONFLICT (token_id, category, valid_from) DO NOTHING
"""


def register_tokens(*, city: City, tokens: pa.Table) -> int:
    """Register many tokens and answer how many were new; the same again changes nothing.

    `tokens` is (token: string, medium: string, issuer: string, an organisation's code) and, if
    riders have proven a category, (category: string or null, valid_from: date32). Refused whole:
    `token_unreadable`, `card_number_as_token`, `unknown_issuer`, `token_known_otherwise` (the
    token is there with another medium or issuer).
    """
    _check_tokens(city, tokens)
    with transaction.atomic():
        with staged("registering_tokens", tokens.select(_TOKENS.names).cast(_TOKENS)) as cursor:
            cursor.execute(_INSERT_TOKENS, [city.pk, city.pk])
            new = int(cursor.rowcount)
            if new < tokens.num_rows:
                cursor.execute(_FIND_OTHERWISE, [city.pk, city.pk])
                _refuse_otherwise(cursor.fetchone())
        if "category" in tokens.column_names:
            _entitle(city, tokens)
    return new


def assign_token(*, token: Token, holder: User | None) -> None:
    """Say whose token it is, or (None) nobody's: a holder may read its statement."""
    with transaction.atomic():
        token.holder = holder
        token.save(update_fields=["holder"])


def _entitle(city: City, tokens: pa.Table) -> None:
    proven = tokens.filter(pc.is_valid(tokens["category"]))
    if pc.any(pc.is_null(proven["valid_from"])).as_py():
        _refuse_unreadable(proven.filter(pc.is_null(proven["valid_from"]))["token"][0].as_py())
    rows = proven.select(_ENTITLED.names).cast(_ENTITLED)
    with staged("registering_entitlements", rows) as cursor:
        cursor.execute(_INSERT_ENTITLEMENTS, [city.pk])


def _check_tokens(city: City, tokens: pa.Table) -> None:
    for name, longest in (("token", 64), ("medium", 40), ("issuer", 60)):
        lengths = pc.fill_null(pc.utf8_length(tokens[name]), 0)
        wrong = pc.or_(pc.equal(lengths, 0), pc.greater(lengths, longest))
        if pc.any(wrong).as_py():
            _refuse_unreadable(tokens.filter(wrong)["token"][0].as_py())
    cards = card_numbers_in(tokens["token"])
    if pc.any(cards).as_py():
        raise Refused(
            "card_number_as_token",
            gettext_noop("Row {row} has the number of a payment card where a token should be."),
            remedy=gettext_noop("Register a pseudonym; a card number must never be kept."),
            row=pc.index(cards, True).as_py() + 1,
        )
    known = set(Organisation.objects.filter(city=city).values_list("code", flat=True))
    for issuer in set(pc.unique(tokens["issuer"]).to_pylist()) - known:
        raise Refused(
            "unknown_issuer",
            gettext_noop("There is no organisation “{issuer}” in {city} to issue tokens."),
            remedy=gettext_noop("Found it first with: trama found_organisation"),
            issuer=issuer,
            city=city.name,
        )


def _refuse_unreadable(token: str | None) -> None:
    raise Refused(
        "token_unreadable",
        gettext_noop("The token “{token}” lacks a medium, an issuer or a date, or is too long."),
        remedy=gettext_noop("Give every row a token (64 signs at most), a medium and an issuer."),
        token=token or "",
    )


def _refuse_otherwise(found: tuple[str] | None) -> None:
    if found:
        raise Refused(
            "token_known_otherwise",
            gettext_noop("The token “{token}” is known with another medium or issuer."),
            remedy=gettext_noop("A token keeps its medium and issuer: give this rider a new one."),
            token=found[0],
        )
