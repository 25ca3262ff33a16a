"""The rules of a clearing agreement as tables that an operator's accountant can read."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trama.programmes.mobility.fares.vocabulary import Agreement, Split, SplitRule
from trama.programmes.mobility.views.tariff_words import marked, open_fields
from trama.web import formats
from trama.web.tables import Column, Table

RULES = {
    SplitRule.BY_BOARDING: gettext_lazy(
        "Every operator that carried a leg earns the same part of the journey."
    ),
    SplitRule.BY_FIXED_SHARE: gettext_lazy("Operators earn by fixed weights: {shares}."),
    SplitRule.BY_LEG_PRICE: gettext_lazy("Every operator earns what its own leg cost."),
}
COLLECTORS = {
    "issuer": gettext_lazy("whoever issued the card"),
    "operator": gettext_lazy("the operator that was boarded"),
}


def agreement_tables(
    agreement: Agreement, organisations: Mapping[str, str], media: Mapping[str, str]
) -> list[Table]:
    """Splits, collectors and fees, in words."""
    return [
        _splits(agreement, organisations, media),
        _collectors(agreement, organisations, media),
        _fees(agreement, organisations, media),
    ]


def _any(codes: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(code, code) for code in codes) or _("any medium")


def _splits(
    agreement: Agreement, organisations: Mapping[str, str], media: Mapping[str, str]
) -> Table:
    return Table(
        caption=_("How the price of a journey is split"),
        columns=[Column("rule", _("Rule")), Column("media", _("Paid with"))],
        rows=[
            {"rule": _split(split, organisations), "media": _any(split.media, media)}
            for split in agreement.splits
        ],
    )


def _split(split: Split, organisations: Mapping[str, str]) -> str:
    shares = ", ".join(f"{organisations.get(who, who)} {part}" for who, part in split.shares)
    return str(RULES[split.rule]).format(shares=shares)


def _collectors(
    agreement: Agreement, organisations: Mapping[str, str], media: Mapping[str, str]
) -> Table:
    rows = [
        {
            "medium": media.get(collector.medium, collector.medium),
            "by": COLLECTORS.get(collector.by, organisations.get(collector.by, collector.by)),
        }
        for collector in agreement.collectors
    ]
    return Table(
        caption=_("Who holds the money before it is cleared"),
        columns=[Column("medium", _("Medium")), Column("by", _("Held by"))],
        rows=rows,
    )


def _fees(
    agreement: Agreement, organisations: Mapping[str, str], media: Mapping[str, str]
) -> Table:
    is_open = open_fields(agreement.parameters, agreement.references)
    rows = [
        {
            "to": organisations.get(fee.to, fee.to),
            "fee": marked(formats.bps_text(fee.fee_bps), ("fee", fee.code, "fee") in is_open),
            "media": _any(fee.media, media),
        }
        for fee in agreement.fees
    ]
    return Table(
        caption=_("What clearing costs an operator, of what it earned"),
        columns=[
            Column("to", _("Paid to")),
            Column("fee", _("Fee")),
            Column("media", _("Earned through")),
        ],
        rows=rows,
        empty=_("Clearing costs nothing."),
    )
