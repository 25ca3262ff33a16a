"""The end of a closing: one transaction that publishes, forgets what is sealed, and hands on."""

from collections.abc import Iterator

import numpy as np
from django.db import connection, transaction
from django.db.models import Max, Min

from trama.programmes.mobility.actions.closing.measuring import publish_measures
from trama.programmes.mobility.actions.closing.sealing import Work, keep_accounts
from trama.programmes.mobility.actions.taps import lock_taps_of
from trama.programmes.mobility.clearing import DayTotals
from trama.programmes.mobility.models import Closing, SealedSequence, Tap
from trama.programmes.mobility.sealed.reading import read_groups


def totals_before(closing: Closing) -> DayTotals:
    """What the earlier closings of the same day add up to."""
    earlier = Closing.objects.filter(
        city=closing.city, service_date=closing.service_date, revision__lt=closing.revision
    )
    return sum((DayTotals.from_json(c.figures["totals"]) for c in earlier), DayTotals())


@transaction.atomic
def finish(closing: Closing, totals: DayTotals, work: Work) -> dict[str, object] | None:
    """Publish the measures, let the sealed taps leave the database, and hand changed states on."""
    # A batch that looked for its taps among the sealed ones before must not insert them after.
    lock_taps_of(closing.city)
    publish_measures(closing, totals, work.terms.tariff, closing.started_at_s)
    _remember_sequences(closing)
    _forget_taps(closing)
    _hand_on(closing, work)
    closing.finished_at_s = closing.started_at_s
    closing.step = Closing.Step.DONE
    closing.save(update_fields=["finished_at_s", "step"])
    return None


def _sealed_taps(closing: Closing) -> dict[str, object]:
    return {
        "city": closing.city,
        "service_date": closing.service_date,
        "pk__lte": closing.through_id,
    }


def _remember_sequences(closing: Closing) -> None:
    """Widen the span of sequences that each device has in this day's files."""
    spans = (
        Tap.objects.filter(**_sealed_taps(closing))
        .values_list("device")
        .annotate(first=Min("sequence"), last=Max("sequence"))
    )
    day = {"city": closing.city, "service_date": closing.service_date}
    known = {span.device: span for span in SealedSequence.objects.filter(**day)}
    SealedSequence.objects.bulk_create(
        list(_widened(spans, known, day)),
        update_conflicts=True,
        unique_fields=["city", "device", "service_date"],
        update_fields=["first", "last"],
    )


def _widened(
    spans: object, known: dict[str, SealedSequence], day: dict[str, object]
) -> Iterator[SealedSequence]:
    for device, first, last in spans:  # type: ignore[attr-defined]
        old = known.get(device)
        yield SealedSequence(
            **day,
            device=device,
            first=min(first, old.first) if old else first,
            last=max(last, old.last) if old else last,
        )


def _forget_taps(closing: Closing) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM mobility_tap WHERE city_id = %s AND service_date = %s AND id <= %s",
            [closing.city_id, closing.service_date, closing.through_id],
        )


def _hand_on(closing: Closing, work: Work) -> None:
    """Ask the next closed day to price again the accounts whose carried state changed."""
    later = Closing.objects.filter(
        city=closing.city, service_date__gt=closing.service_date, step=Closing.Step.DONE
    )
    following = later.order_by("service_date", "-revision").first()
    if following is None or not _changed(closing, work):
        return
    Closing.objects.create(
        city=closing.city,
        service_date=following.service_date,
        revision=following.revision + 1,
        through_id=0,
        total=0,
        tariff_digest=following.tariff_digest,
        agreement_digest=following.agreement_digest,
        started_at_s=closing.started_at_s,
        figures={"cause": str(work.unsettled_file.relative_to(work.home))},
    )


def _changed(closing: Closing, work: Work) -> bool:
    if closing.revision == 0:
        groups = read_groups(work.folder, ["account"])
        accounts = np.unique(np.concatenate([group["account"].to_numpy() for group in groups]))
        keep_accounts(work.unsettled_file, accounts[accounts >= 0])
    return bool(len(np.load(work.unsettled_file)))
