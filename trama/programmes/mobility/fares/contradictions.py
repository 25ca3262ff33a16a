"""Two rules and one case: which rules contradict each other, and which hide another.

A matcher is a set of codes per dimension, where an empty tuple is every code: two rules match one
case exactly when their sets intersect in every dimension, and one covers the other exactly when
its set contains the other's in every dimension.
"""

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import Any, NoReturn

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.fares.vocabulary import Measured, TransferRule, Window

MATCHED = {
    "fare": ("operators", "route_classes", "media"),
    "transfer": ("from_classes", "to_classes", "media", "categories"),
    "programme": ("categories", "media", "route_classes"),
    "cap": ("media", "categories", "route_classes"),
    "split": ("media",),
    "fee": ("media",),
}


def check_contradictions(kind: str, rules: Sequence[Any], answer: Sequence[str]) -> None:
    """Refuse two rules of one priority that match one case and answer differently."""
    for first, second in combinations(rules, 2):
        if first.priority != second.priority:
            continue
        if all(getattr(first, part) == getattr(second, part) for part in answer):
            continue
        example = _shared_case(kind, first, second)
        if example is not None:
            raise Refused(
                "rules_contradict",
                gettext_noop(
                    "[[{kind}]] “{first}” and “{second}” have the same priority, both match"
                    " {example}, and answer differently."
                ),
                remedy=gettext_noop(
                    "Give one of them a higher priority, or narrow what one of them matches."
                ),
                kind=kind,
                first=first.code,
                second=second.code,
                example=example,
            )


def check_reach(kind: str, rules: Sequence[Any]) -> None:
    """Refuse a rule that a single rule of higher priority hides in every case."""
    for rule, other in permutations(rules, 2):
        if other.priority > rule.priority and covers(kind, other, rule):
            if kind == "transfer" and not _passes_whenever(other, rule):
                continue
            refuse_hidden(kind, rule.code, other.code)


def _passes_whenever(wide: TransferRule, narrow: TransferRule) -> bool:
    """Whether `wide` passes its window, count and route whenever `narrow` does."""
    same_clock = wide.measured is narrow.measured or wide.measured is Measured.PREVIOUS
    as_long = wide.window_s > narrow.window_s or (
        wide.window_s == narrow.window_s
        and (wide.window is Window.CLOSED or narrow.window is Window.STRICT)
    )
    return (
        same_clock
        and as_long
        and wide.max_transfers >= narrow.max_transfers
        and (wide.same_route or not narrow.same_route)
    )


def _shared_case(kind: str, first: Any, second: Any) -> str | None:
    """A case that both match, as `medium = cash, …`; None when there is none."""
    parts = []
    for dimension in MATCHED[kind]:
        ours, theirs = getattr(first, dimension), frozenset(getattr(second, dimension))
        if ours and theirs:
            code = next((code for code in ours if code in theirs), None)
            if code is None:
                return None
        else:
            code = next(iter(ours or sorted(theirs)), "*")
        parts.append(f"{dimension} = {code}")
    return ", ".join(parts)


def covers(kind: str, wide: Any, narrow: Any) -> bool:
    """Whether `wide` matches every case that `narrow` matches."""
    for dimension in MATCHED[kind]:
        ours, theirs = getattr(wide, dimension), getattr(narrow, dimension)
        if ours and not (theirs and set(theirs) <= set(ours)):
            return False
    return True


def refuse_hidden(kind: str, rule: str, other: str) -> NoReturn:
    """Refuse `rule`, because `other` always comes before it."""
    raise Refused(
        "rule_is_hidden",
        gettext_noop("[[{kind}]] “{rule}” can never apply: “{other}” always comes before it."),
        remedy=gettext_noop("Leave it out, or change priority or what one of the two matches."),
        kind=kind,
        rule=rule,
        other=other,
    )
