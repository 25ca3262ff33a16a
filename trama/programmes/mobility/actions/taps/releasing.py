"""Looking again at what is held: released when its cause is mended, or dismissed for good."""

from collections import Counter
from collections.abc import Callable

from django.db import transaction

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import device_table
from trama.programmes.mobility.actions.taps.columns import taps_of
from trama.programmes.mobility.actions.taps.sorting import Sorted, sort_taps
from trama.programmes.mobility.models import HeldTap

AT_ONCE = 20_000
MENDABLE = (
    HeldTap.Reason.UNKNOWN_DEVICE,
    HeldTap.Reason.UNKNOWN_ROUTE,
    HeldTap.Reason.UNKNOWN_MEDIUM,
    HeldTap.Reason.FROM_THE_FUTURE,
)


def release_taps(
    *,
    city: City,
    at_s: int,
    reason: str = "",
    progress: Callable[[int], None] = lambda seen: None,
) -> Counter[str]:
    """Vet the held taps of a city again (of one `reason`, or all that can be mended).

    Those that are good now are kept, or turn out to be duplicates, and are marked released; those
    in conflict become conflicts; the others stay, with the reason found now. Answers how many of
    each outcome. Each `AT_ONCE` is a transaction of its own, so an interrupted release goes on
    where it was. Refused: `reason_cannot_be_mended`.
    """
    reasons = [reason] if reason else [mendable.value for mendable in MENDABLE]
    if reason and reason not in MENDABLE:
        raise Refused(
            "reason_cannot_be_mended",
            gettext_noop("Taps held as “{reason}” cannot be released by mending something."),
            remedy=gettext_noop("Release one of: {known}. Dismiss the others, one by one."),
            reason=reason,
            known=", ".join(MENDABLE),
        )
    counts: Counter[str] = Counter()
    last = HeldTap.objects.filter(city=city).order_by("-pk").values_list("pk", flat=True).first()
    after = 0
    while (seen := _release_some(city, reasons, at_s, (after, last or 0), counts)) is not None:
        after = seen
        progress(counts.total())
    return counts


def dismiss_tap(*, held: HeldTap, note: str, at_s: int) -> None:
    """Say for good that a held tap is not one to be kept, and why. Refused: `tap_is_decided`."""
    with transaction.atomic():
        changed = HeldTap.objects.filter(pk=held.pk, state=HeldTap.State.HELD).update(
            state=HeldTap.State.DISMISSED, note=note, decided_at_s=at_s
        )
    if not changed:
        raise Refused(
            "tap_is_decided",
            gettext_noop("This tap is no longer held: somebody has already decided."),
            remedy=gettext_noop("Reload the page to see what was decided."),
        )
    held.refresh_from_db()


def _release_some(
    city: City, reasons: list[str], at_s: int, span: tuple[int, int], counts: Counter[str]
) -> int | None:
    """Vet the next `AT_ONCE` after `span[0]` up to `span[1]`; the last one seen, or None."""
    with transaction.atomic():
        waiting = HeldTap.objects.select_for_update().filter(
            city=city, state=HeldTap.State.HELD, reason__in=reasons, pk__gt=span[0], pk__lte=span[1]
        )
        held = list(waiting.order_by("pk")[:AT_ONCE])
        if not held:
            return None
        taps = taps_of([row.content["tap"] for row in held])
        result = sort_taps(city=city, taps=taps, devices=device_table(city), at_s=at_s)
        for place, row in enumerate(held):
            _decide(row, result, place, at_s)
        changed = ["state", "decided_at_s", "reason", "detail", "content"]
        HeldTap.objects.bulk_update(held, changed, batch_size=500)
    counts.update(result.outcome)
    return held[-1].pk


def _decide(row: HeldTap, result: Sorted, place: int, at_s: int) -> None:
    reason = result.reason[place]
    if reason is None:
        row.state = HeldTap.State.RELEASED
        row.decided_at_s = at_s
        return
    row.reason, row.detail = reason, result.detail[place] or ""
    if place in result.kept_first:
        row.content = {**row.content, "kept": result.kept_first[place]}
