"""The rules of a tariff as tables that a citizen can read; nothing is left to the codes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trama.programmes.mobility.fares.vocabulary import (
    Cap,
    CashRule,
    Category,
    FareRule,
    Measured,
    Parameter,
    Period,
    Programme,
    Reference,
    RouteClass,
    Tariff,
    TransferRule,
    Window,
)
from trama.web import formats
from trama.web.tables import Column, Table

DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60
WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


class TariffNames:
    """What the codes of one tariff are called; `organisations` names operators and payers."""

    def __init__(self, tariff: Tariff, organisations: Mapping[str, str]) -> None:
        self.tariff = tariff
        self.organisations = organisations
        self.media = {medium.code: medium.name for medium in tariff.media}
        self.classes = {kind.code: kind.name for kind in tariff.route_classes}
        self.categories = {kind.code: kind.name for kind in tariff.categories}
        self.open_fields = open_fields(tariff.parameters, tariff.references)

    def _money(self, minor: int) -> str:
        return formats.money_text(minor, self.tariff.currency)

    def _any_media(self, codes: Iterable[str]) -> str:
        return ", ".join(self.media.get(code, code) for code in codes) or _("any medium")

    def _any_class(self, codes: Iterable[str]) -> str:
        return ", ".join(self.classes.get(code, code) for code in codes) or _("any route")

    def _who(self, media: tuple[str, ...], categories: tuple[str, ...]) -> str:
        riders = ", ".join(self.categories.get(code, code) for code in categories)
        if not media:
            return riders or _("everybody")
        return f"{riders or _('everybody')} · {self._any_media(media)}"

    def _marked(
        self, said: str, rule: TransferRule | Programme | Cap | Category, field: str
    ) -> str:
        return marked(said, (KINDS[type(rule)], rule.code, field) in self.open_fields)


class TariffWords(TariffNames):
    """The tables of one tariff."""

    def tables(self) -> list[Table]:
        """Every table that says something, in the order in which a price is made."""
        written = [
            self.fares(),
            self.concessions(),
            self.transfers(),
            self.programmes(),
            self.caps(),
            self.cash(),
            route_classes_table(self.tariff.route_classes),
        ]
        return [table for table in written if table.rows]

    def fares(self) -> Table:
        """The single fare of each class of routes and each medium, priorities already decided."""
        named = sorted({code for rule in self.tariff.fares for code in rule.operators})
        operators = [*named, ""] if named else [""]
        rows = [
            {
                "class": name,
                "operator": self.organisations.get(who, who) or _("any other"),
                **{medium: self._single(who, code, medium) for medium in self.media},
            }
            for code, name in self.classes.items()
            for who in operators
        ]
        whose = [Column("operator", _("Operator"))] if named else []
        paid = [Column(code, name, "money") for code, name in self.media.items()]
        return Table(
            caption=_("Single fare, by class of route and medium"),
            columns=[Column("class", _("Class of route")), *whose, *paid],
            rows=rows,
            currency=self.tariff.currency,
        )

    def _single(self, operator: str, route_class: str, medium: str) -> int | None:
        def applies(rule: FareRule) -> bool:
            return (
                (not rule.operators or operator in rule.operators)
                and (not rule.route_classes or route_class in rule.route_classes)
                and (not rule.media or medium in rule.media)
            )

        found = [rule for rule in self.tariff.fares if applies(rule)]
        return max(found, key=lambda rule: rule.priority).amount_minor if found else None

    def concessions(self) -> Table:
        """What each category of riders pays."""
        rows = [
            {"who": kind.name, "pays": self._concession(kind), "media": self._any_media(kind.media)}
            for kind in self.tariff.categories
        ]
        return worded(
            _("Concessions: riders who pay less"),
            rows,
            who=_("Rider"),
            pays=_("Pays"),
            media=_("Paid with"),
        )

    def _concession(self, kind: Category) -> str:
        if kind.price_minor is not None:
            said = _("{price}, or the single fare if that is less")
            return self._marked(said.format(price=self._money(kind.price_minor)), kind, "price")
        if kind.discount_bps:
            said = _("{share} less than the single fare")
            said = said.format(share=formats.bps_text(kind.discount_bps))
            return self._marked(said, kind, "discount")
        return _("the single fare, unless a programme pays")

    def transfers(self) -> Table:
        """What a boarding costs that continues a journey."""
        rows = [
            {
                "way": _("{first} → {next}").format(
                    first=self._any_class(rule.from_classes), next=self._any_class(rule.to_classes)
                ),
                "price": self._transfer_price(rule),
                "window": self._window(rule),
                "most": self._marked(str(rule.max_transfers), rule, "max_transfers"),
                "who": self._who(rule.media, rule.categories)
                + ("" if rule.same_route else f" · {_('on another route')}"),
            }
            for rule in self.tariff.transfers
        ]
        return worded(
            _("Transfers: boardings that continue a journey"),
            rows,
            way=_("From → to"),
            price=_("The next boarding costs"),
            window=_("How long"),
            most=_("Transfers in a journey"),
            who=_("Who"),
        )

    def _transfer_price(self, rule: TransferRule) -> str:
        if rule.price_minor is not None:
            said = self._money(rule.price_minor) if rule.price_minor else _("nothing")
            return self._marked(said, rule, "price")
        said = _("{share} less").format(share=formats.bps_text(rule.discount_bps or 0))
        return self._marked(said, rule, "discount")

    def _window(self, rule: TransferRule) -> str:
        begins = {
            Measured.FIRST: _("from the first boarding"),
            Measured.PREVIOUS: _("from the boarding before"),
        }
        ends = {Window.CLOSED: _("the last minute included"), Window.STRICT: _("less than that")}
        said = f"{duration(rule.window_s)} {begins[rule.measured]}, {ends[rule.window]}"
        return self._marked(said, rule, "window")

    def programmes(self) -> Table:
        """Who else pays for whom, and how often."""
        rows = [
            {
                "name": rule.name,
                "for": self._who(rule.media, rule.categories),
                "pays": self._marked(formats.bps_text(rule.pays_bps), rule, "pays"),
                "limits": self._limits(rule),
                "payer": self.organisations.get(rule.payer, rule.payer),
            }
            for rule in self.tariff.programmes
        ]
        return worded(
            _("Programmes: somebody else pays"),
            rows,
            name=_("Programme"),
            **{"for": _("For whom")},
            pays=_("Pays, of the fare"),
            limits=_("How often"),
            payer=_("Paid by"),
        )

    def _limits(self, rule: Programme) -> str:
        said = [
            self._marked(text.format(n=count), rule, field)
            for field, count, text in (
                ("per_day", rule.per_day, _("{n} a day")),
                ("per_semester", rule.per_semester, _("{n} a semester")),
                ("per_year", rule.per_year, _("{n} a year")),
            )
            if count is not None
        ]
        if rule.school_days_only:
            said.append(_("school days only"))
        if rule.route_classes:
            said.append(self._any_class(rule.route_classes))
        return ", ".join(said) or _("without limit")

    def caps(self) -> Table:
        """The most a rider pays in a period."""
        rows = [
            {
                "period": self._period(rule),
                "amount": self._marked(self._money(rule.amount_minor), rule, "amount"),
                "who": self._who(rule.media, rule.categories),
                "where": self._any_class(rule.route_classes),
            }
            for rule in self.tariff.caps
        ]
        return worded(
            _("Caps: the most a rider pays"),
            rows,
            period=_("In"),
            amount=_("At most"),
            who=_("Who"),
            where=_("Where"),
        )

    def _period(self, rule: Cap) -> str:
        if rule.period == Period.DAY:
            return _("a day that begins at {hour}").format(hour=clock(rule.cutover_s))
        return _("a week that begins on {weekday} at {hour}").format(
            weekday=WEEKDAYS[rule.week_start], hour=clock(rule.cutover_s)
        )

    def cash(self) -> Table:
        """What machines do with coins."""
        rows = [
            {"medium": self.media.get(rule.medium, rule.medium), "change": self._change(rule)}
            for rule in self.tariff.cash
        ]
        return worded(_("Coins"), rows, medium=_("Medium"), change=_("What the machine does"))

    def _change(self, rule: CashRule) -> str:
        if rule.gives_change:
            return _("It gives change.")
        return _(
            "It gives no change: the fare is rounded up to a multiple of {multiple}, and what is "
            "above it is nobody's fare."
        ).format(multiple=self._money(rule.tender_multiple_minor))


def worded(caption: str, rows: Sequence[Mapping[str, Any]], **labels: str) -> Table:
    """A table of texts: a column for each of `labels`, by the key it has in `rows`."""
    return Table(caption, [Column(name, label) for name, label in labels.items()], rows)


def route_classes_table(kinds: Iterable[RouteClass]) -> Table:
    """Which routes a tariff treats alike."""
    rows = []
    for kind in kinds:
        said = [
            _("routes {list}").format(list=", ".join(kind.routes)) if kind.routes else "",
            _("agencies {list}").format(list=", ".join(kind.agencies)) if kind.agencies else "",
            _("all the others") if kind.otherwise else "",
        ]
        rows.append({"class": kind.name, "routes": "; ".join(filter(None, said))})
    return worded(_("Classes of routes"), rows, **{"class": _("Class")}, routes=_("Which routes"))


KINDS = {TransferRule: "transfer", Programme: "programme", Cap: "cap", Category: "category"}


def open_fields(
    parameters: Iterable[Parameter], references: Iterable[Reference]
) -> set[tuple[str, str, str]]:
    """(kind, rule, field) of what takes the value of a parameter that no source states."""
    undecided = {parameter.code for parameter in parameters if not parameter.decided}
    return {(r.kind, r.rule, r.field) for r in references if r.parameter in undecided}


def marked(said: str, is_open: bool) -> str:
    """`said`, with a mark when no published source states it."""
    return _("◇ {value} (not published: the city decides)").format(value=said) if is_open else said


def parameters_table(parameters: Iterable[Parameter], currency: str) -> Table:
    """The figures a document names apart: which are published, and which the city has to decide."""
    rows = [
        {
            "note": parameter.note,
            "value": quantity(parameter, currency),
            "state": _("published") if parameter.decided else _("◇ not published: assumed here"),
        }
        for parameter in sorted(parameters, key=lambda p: p.decided)
    ]
    return Table(
        caption=_("Figures that stand by themselves"),
        columns=[
            Column("state", _("Is it published?")),
            Column("value", _("Value"), "num"),
            Column("note", _("What is known")),
        ],
        rows=rows,
    )


def quantity(parameter: Parameter, currency: str) -> str:
    """A parameter's value in its unit."""
    match parameter.unit:
        case "s":
            return duration(parameter.value)
        case "bps":
            return formats.bps_text(parameter.value)
        case "times":
            return ngettext("once", "{n} times", parameter.value).format(n=parameter.value)
    return formats.money_text(parameter.value, currency)


def duration(seconds: int) -> str:
    """`120 min`, `36 h`, `7 d`: the largest unit that leaves nothing over; minutes up to a day."""
    if seconds % DAY_S == 0:
        return _("{n} days").format(n=seconds // DAY_S)
    if seconds % HOUR_S == 0 and seconds > 4 * HOUR_S:
        return _("{n} h").format(n=seconds // HOUR_S)
    return _("{n} min").format(n=seconds // MINUTE_S) if seconds % MINUTE_S == 0 else f"{seconds} s"


def clock(seconds: int) -> str:
    """Seconds after midnight as `03:00`."""
    return f"{seconds // HOUR_S:02}:{seconds // MINUTE_S % 60:02}"
