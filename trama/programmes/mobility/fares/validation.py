"""What a document must be as a whole before it is published: complete, consistent, in use."""

from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import Protocol

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.fares.contradictions import (
    check_contradictions,
    check_reach,
    covers,
    refuse_hidden,
)
from trama.programmes.mobility.fares.route_classes import claimed_twice
from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    FareRule,
    Period,
    Programme,
    Split,
    SplitRule,
    Tariff,
    TransferRule,
)

MAX_TRANSFERS_OF_A_JOURNEY = 250


class Coded(Protocol):
    """A row of a document that has a code."""

    @property
    def code(self) -> str:
        """Its code."""
        ...


def check_tariff(tariff: Tariff) -> None:
    """Refuse a tariff whose rules, taken together, do not give every case one answer."""
    _check_uniqueness(tariff)
    _check_route_classes(tariff)
    for category in tariff.categories:
        if category.discount_bps and category.price_minor is not None:
            _refuse_both_ways("category", category.code)
    _check_fares(tariff)
    _check_transfers(tariff)
    _check_programmes(tariff)
    _check_caps(tariff)
    _check_cash(tariff)


def check_agreement(agreement: Agreement) -> None:
    """Refuse an agreement whose splits, fees or collectors contradict each other."""
    for kind, rows in (("split", agreement.splits), ("fee", agreement.fees)):
        check_codes_are_unique(kind, rows)
    _check_medium_once("collector", [c.medium for c in agreement.collectors])
    if not agreement.splits:
        _refuse_missing("split")
    for split in agreement.splits:
        _check_shares(split)
    check_contradictions("split", agreement.splits, ("rule", "shares"))
    check_contradictions("fee", agreement.fees, ("fee_bps", "to"))
    check_reach("split", agreement.splits)
    check_reach("fee", agreement.fees)


def check_together(tariff: Tariff, agreement: Agreement) -> None:
    """Refuse an agreement that leaves a medium of the tariff without a split or a collector."""
    collected = {collector.medium for collector in agreement.collectors}
    for medium in tariff.media:
        split = any(not s.media or medium.code in s.media for s in agreement.splits)
        if not split or medium.code not in collected:
            raise Refused(
                "medium_without_clearing",
                gettext_noop(
                    "Agreement “{agreement}” does not say who collects and how journeys are split"
                    " for “{medium}”, a medium of tariff “{tariff}”."
                ),
                remedy=gettext_noop("Add a [[collector]] and a [[split]] for this medium."),
                agreement=agreement.code,
                medium=medium.code,
                tariff=tariff.code,
            )


def check_codes_are_unique(kind: str, rows: Iterable[Coded]) -> None:
    """Refuse a code that two rows of one kind share."""
    seen: set[str] = set()
    for row in rows:
        if row.code in seen:
            raise Refused(
                "document_code_repeated",
                gettext_noop("[[{kind}]] “{rule}” is defined twice."),
                remedy=gettext_noop("Give each its own code."),
                kind=kind,
                rule=row.code,
            )
        seen.add(row.code)


def _check_uniqueness(tariff: Tariff) -> None:
    kinds: dict[str, Sequence[Coded]] = {
        "medium": tariff.media,
        "route_class": tariff.route_classes,
        "category": tariff.categories,
        "fare": tariff.fares,
        "transfer": tariff.transfers,
        "programme": tariff.programmes,
        "cap": tariff.caps,
    }
    for kind, rows in kinds.items():
        check_codes_are_unique(kind, rows)
        if not rows and kind in ("medium", "route_class", "fare"):
            _refuse_missing(kind)


def _check_route_classes(tariff: Tariff) -> None:
    for first, second in combinations(tariff.route_classes, 2):
        example = claimed_twice(first, second)
        if example is not None:
            raise Refused(
                "route_claimed_twice",
                gettext_noop("Route classes “{first}” and “{second}” both claim {example}."),
                remedy=gettext_noop("Leave it in one of the two classes."),
                first=first.code,
                second=second.code,
                example=example,
            )
    for row in tariff.route_classes:
        if not (row.routes or row.agencies or row.otherwise):
            _refuse_idle(
                "route_class",
                row.code,
                gettext_noop(
                    "[[{kind}]] “{rule}” can never apply: it names no route and no agency."
                ),
            )


def _check_fares(tariff: Tariff) -> None:
    check_contradictions("fare", tariff.fares, ("amount_minor",))
    check_reach("fare", tariff.fares)
    for route_class in tariff.route_classes:
        for medium in tariff.media:
            if not any(_has_fare(f, route_class.code, medium.code) for f in tariff.fares):
                raise Refused(
                    "fare_missing",
                    gettext_noop(
                        "No fare is set for route class “{route_class}” paid with “{medium}”."
                    ),
                    remedy=gettext_noop("Add a [[fare]] that matches this case."),
                    route_class=route_class.code,
                    medium=medium.code,
                )


def _has_fare(fare: FareRule, route_class: str, medium: str) -> bool:
    return (not fare.route_classes or route_class in fare.route_classes) and (
        not fare.media or medium in fare.media
    )


def _check_transfers(tariff: Tariff) -> None:
    for rule in tariff.transfers:
        if (rule.discount_bps is None) == (rule.price_minor is None):
            _refuse_both_ways("transfer", rule.code)
        if not 1 <= rule.max_transfers <= MAX_TRANSFERS_OF_A_JOURNEY:
            _refuse_idle(
                "transfer",
                rule.code,
                gettext_noop("[[{kind}]] “{rule}”: max_transfers must be 1 to 250."),
            )
        _check_has_account(tariff, "transfer", rule)
    check_contradictions("transfer", tariff.transfers, ("discount_bps", "price_minor"))
    check_reach("transfer", tariff.transfers)


def _check_programmes(tariff: Tariff) -> None:
    for rule in tariff.programmes:
        if not rule.categories:
            _refuse_idle(
                "programme",
                rule.code,
                gettext_noop("[[{kind}]] “{rule}” can never apply: it names no category."),
            )
        if rule.pays_bps == 0:
            _refuse_idle(
                "programme",
                rule.code,
                gettext_noop("[[{kind}]] “{rule}” can never apply: it pays nothing."),
            )
        if rule.school_days_only and not tariff.calendar.terms:
            _refuse_idle(
                "programme",
                rule.code,
                gettext_noop(
                    "[[{kind}]] “{rule}” can never apply: the calendar has no school days."
                ),
            )
        _check_limits(rule)
        _check_has_account(tariff, "programme", rule)
    check_contradictions("programme", tariff.programmes, ("code",))


def _check_limits(rule: Programme) -> None:
    limits = [n for n in (rule.per_day, rule.per_semester, rule.per_year) if n is not None]
    if 0 in limits or limits != sorted(limits):
        raise Refused(
            "programme_limits_contradict",
            gettext_noop(
                "[[programme]] “{rule}”: its limits {limits} must be above zero and not shrink"
                " from day to semester to year."
            ),
            remedy=gettext_noop("Leave out the limit that can never be reached."),
            rule=rule.code,
            limits=", ".join(str(n) for n in limits),
        )


def _check_caps(tariff: Tariff) -> None:
    for cap in tariff.caps:
        _check_has_account(tariff, "cap", cap)
    for cap, other in permutations(tariff.caps, 2):
        if _never_binds(cap, beside=other):
            refuse_hidden("cap", cap.code, other.code)


def _never_binds(cap: Cap, *, beside: Cap) -> bool:
    """Whether `beside` always leaves as little room: it counts at least the same boardings, over
    at least the same time, up to at most the same amount."""
    if cap.cutover_s != beside.cutover_s or not covers("cap", beside, cap):
        return False
    if cap.period is Period.WEEK:
        longer = beside.period is Period.WEEK and cap.week_start == beside.week_start
    else:
        longer = True
    return longer and beside.amount_minor <= cap.amount_minor


def _check_cash(tariff: Tariff) -> None:
    _check_medium_once("cash", [rule.medium for rule in tariff.cash])
    electronic = {medium.code for medium in tariff.media if medium.electronic}
    for rule in tariff.cash:
        if rule.medium in electronic or rule.tender_multiple_minor < 1:
            raise Refused(
                "cash_rule_wrong",
                gettext_noop(
                    "[[cash]] “{medium}” must be a medium with electronic = false and have a"
                    " tender_multiple above zero."
                ),
                remedy=gettext_noop("Mend the medium or the rule."),
                medium=rule.medium,
            )


def _check_has_account(tariff: Tariff, kind: str, rule: TransferRule | Programme | Cap) -> None:
    cash = {cash_rule.medium for cash_rule in tariff.cash}
    if rule.media and cash.issuperset(rule.media):
        _refuse_idle(
            kind,
            rule.code,
            gettext_noop(
                "[[{kind}]] “{rule}” can never apply: cash has no account to remember anything."
            ),
        )


def _check_medium_once(kind: str, media: Sequence[str]) -> None:
    for medium in media:
        if media.count(medium) > 1:
            raise Refused(
                "document_code_repeated",
                gettext_noop("[[{kind}]] “{rule}” is defined twice."),
                remedy=gettext_noop("Give each its own code."),
                kind=kind,
                rule=medium,
            )


def _check_shares(split: Split) -> None:
    if (split.rule is SplitRule.BY_FIXED_SHARE) != bool(split.shares):
        raise Refused(
            "split_shares_wrong",
            gettext_noop("[[split]] “{rule}”: shares belong to by_fixed_share, and only there."),
            remedy=gettext_noop("Give every operator a weight, or choose another rule."),
            rule=split.code,
        )


def _refuse_missing(kind: str) -> None:
    raise Refused(
        "document_rules_missing",
        gettext_noop("The document has no [[{kind}]]."),
        remedy=gettext_noop("Add at least one; docs/tariffs.md has an example of every table."),
        kind=kind,
    )


def _refuse_both_ways(kind: str, rule: str) -> None:
    raise Refused(
        "rule_answers_twice",
        gettext_noop("[[{kind}]] “{rule}” needs either a discount or a price, not both."),
        remedy=gettext_noop("Leave one of the two."),
        kind=kind,
        rule=rule,
    )


def _refuse_idle(kind: str, rule: str, message: str) -> None:
    raise Refused(
        "rule_never_applies",
        message,
        remedy=gettext_noop("Mend the rule or leave it out."),
        kind=kind,
        rule=rule,
    )
