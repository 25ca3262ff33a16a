"""Explanations of fares as sentences in the reader's language."""

from datetime import timedelta

from django.utils.translation import gettext

from trama.core.money import Money
from trama.programmes.mobility.fares.explanations import Clause, Explanation, Share
from trama.web.formats import bps_text, money_text, number_text


def sentence_of(explanation: Explanation) -> str:
    """One sentence: the clauses translated, filled in and joined with semicolons."""
    text = "; ".join(_said(clause) for clause in explanation.clauses)
    return f"{text[:1].upper()}{text[1:]}."


def span_text(span: timedelta) -> str:
    """`1 h 5 min`, `40 s`: symbols of units, alike in every language."""
    seconds = int(span.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count}\u00a0{unit}" for count, unit in parts if count) or "0\u00a0s"


def _said(clause: Clause) -> str:
    params = {name: _written(value) for name, value in clause.params.items()}
    return gettext(clause.message).format(**params)


def _written(value: object) -> str:
    if isinstance(value, Money):
        return money_text(value.minor, value.currency)
    if isinstance(value, Share):
        return bps_text(value.bps)
    if isinstance(value, timedelta):
        return span_text(value)
    return number_text(value) if isinstance(value, int) else str(value)
