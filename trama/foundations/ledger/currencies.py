"""The ledger of a currency is its ISO 4217 number."""

from trama.core.refusals import Refused, gettext_noop

LEDGERS = {
    "MXN": 484,
    "BRL": 986,
    "USD": 840,
    "EUR": 978,
    "COP": 170,
    "CLP": 152,
    "PEN": 604,
    "GBP": 826,
}
CURRENCIES = {ledger: currency for currency, ledger in LEDGERS.items()}


def ledger_of(currency: str) -> int:
    """`484` of `MXN`. Refuses a currency that no account can be kept in."""
    if currency not in LEDGERS:
        raise Refused(
            "ledger_currency_unknown",
            gettext_noop("No account can be kept in {currency}."),
            remedy=gettext_noop("Use one of {known}."),
            currency=currency,
            known=", ".join(sorted(LEDGERS)),
        )
    return LEDGERS[currency]
