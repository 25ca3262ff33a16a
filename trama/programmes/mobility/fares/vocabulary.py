"""The words of a tariff: small general rows. An empty tuple in a matcher means "any".

Order of a price, leg by leg in the order of boarding: single fare (`FareRule`) → concession of
the rider's category → transfer rule → programme pays its part → caps limit what the rider pays.
Among rules of one kind that match, the highest `priority` wins; two rules of the same priority
that match one case and answer differently are refused before publication.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

NO_ACCOUNT = -1


class Measured(StrEnum):
    """Which boarding a transfer window is measured from."""

    FIRST = "first"
    PREVIOUS = "previous"


class Window(StrEnum):
    """Whether a boarding exactly at the end of the window still transfers."""

    CLOSED = "closed"
    STRICT = "strict"


class Period(StrEnum):
    """Over which time a cap adds up."""

    DAY = "day"
    WEEK = "week"


class SplitRule(StrEnum):
    """How one journey's charge is split between the operators that carried it."""

    BY_BOARDING = "by_boarding"
    BY_FIXED_SHARE = "by_fixed_share"
    BY_LEG_PRICE = "by_leg_price"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number the city decides. `decided` is False while no published source states it.

    `value` is in the smallest unit: `unit` is `s` (seconds), `bps` (basis points), `times`, or a
    currency code (minor units).
    """

    code: str
    value: int
    unit: str
    decided: bool
    note: str


@dataclass(frozen=True, slots=True)
class Reference:
    """`field` of the rule `rule` (of a kind: `transfer`, `cap`, ...) takes a parameter's value."""

    kind: str
    rule: str
    field: str
    parameter: str


@dataclass(frozen=True, slots=True)
class RouteClass:
    """Routes that a tariff treats alike.

    A route belongs to the class that names it exactly, else by pattern (`MP-T*`), else by its
    agency, else to the class marked `otherwise`.
    """

    code: str
    name: str
    routes: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of rider. The concession is a share taken off or a fixed price, never both."""

    code: str
    name: str
    discount_bps: int = 0
    price_minor: int | None = None
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FareRule:
    """The single fare of a boarding."""

    code: str
    amount_minor: int
    operators: tuple[str, ...] = ()
    route_classes: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TransferRule:
    """A boarding that continues a journey: from the previous leg's class to this leg's class.

    `max_transfers` counts the transfers of the journey. Exactly one of `discount_bps` and
    `price_minor` is given; a price above the leg's own fare is not charged.
    """

    code: str
    window_s: int
    measured: Measured
    window: Window
    max_transfers: int
    from_classes: tuple[str, ...] = ()
    to_classes: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    discount_bps: int | None = None
    price_minor: int | None = None
    same_route: bool = True
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Programme:
    """Somebody else pays `pays_bps` of the fare, for a counted number of boardings.

    `per_day`, `per_semester`, `per_year` are limits (None: none). Semesters begin on the tariff's
    `semester_starts`, years on 1 January, days at the tariff's cut-over. `school_days_only` counts
    only on days of the tariff's calendar.
    """

    code: str
    name: str
    payer: str
    categories: tuple[str, ...]
    pays_bps: int
    per_day: int | None = None
    per_semester: int | None = None
    per_year: int | None = None
    school_days_only: bool = False
    media: tuple[str, ...] = ()
    route_classes: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a rider pays in a period. Days and weeks (from `week_start`, 0 Monday) begin at
    `cutover_s` seconds of wall clock. Several caps hold at once."""

    code: str
    period: Period
    amount_minor: int
    cutover_s: int
    week_start: int = 0
    media: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    route_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CashRule:
    """A medium without a token. Without change, what is tendered is the fare rounded up to a
    multiple of `tender_multiple_minor`; the excess is nobody's fare."""

    medium: str
    gives_change: bool
    tender_multiple_minor: int = 1


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """Terms (first and last day), without the holidays in them; weekdays only."""

    terms: tuple[tuple[date, date], ...] = ()
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Medium:
    """A way to pay. Riders of a medium without a token (cash) have no account."""

    code: str
    name: str
    electronic: bool = True


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff as published. `unknown` lists in words what no source states.

    `replaces` is the code of an open-ended tariff that ends the day before this one begins.
    """

    code: str
    title: str
    legal_reference: str
    currency: str
    timezone: str
    valid_from: date
    valid_to: date | None
    known_since: date
    cutover_s: int
    media: tuple[Medium, ...]
    route_classes: tuple[RouteClass, ...]
    fares: tuple[FareRule, ...]
    parameters: tuple[Parameter, ...] = ()
    categories: tuple[Category, ...] = ()
    transfers: tuple[TransferRule, ...] = ()
    programmes: tuple[Programme, ...] = ()
    caps: tuple[Cap, ...] = ()
    cash: tuple[CashRule, ...] = ()
    calendar: SchoolCalendar = field(default_factory=SchoolCalendar)
    semester_starts: tuple[tuple[int, int], ...] = ((1, 1), (7, 1))
    unknown: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """How journeys paid with `media` are split; `shares` are weights for BY_FIXED_SHARE.

    A journey is split per service day: legs of one journey on two service days are two splits.
    """

    code: str
    rule: SplitRule
    media: tuple[str, ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """What clearing costs an operator: basis points of what it earned through `media`."""

    code: str
    fee_bps: int
    to: str
    media: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Collector:
    """Who holds the rider's money of a medium: `issuer`, `operator` or an organisation's code."""

    medium: str
    by: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """The clearing agreement between operators, as published."""

    code: str
    title: str
    legal_reference: str
    valid_from: date
    valid_to: date | None
    known_since: date
    splits: tuple[Split, ...]
    collectors: tuple[Collector, ...]
    fees: tuple[Fee, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    unknown: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    replaces: str | None = None
