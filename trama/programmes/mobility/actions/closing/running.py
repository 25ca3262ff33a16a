"""The steps of a closing, each of which can be repeated, and the order of closings."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.closing.beginning import begin
from trama.programmes.mobility.actions.closing.finishing import finish, totals_before
from trama.programmes.mobility.actions.closing.lock import only_one
from trama.programmes.mobility.actions.closing.posting import settle_closing
from trama.programmes.mobility.actions.closing.sealing import Work, charge, reprice, seal
from trama.programmes.mobility.clearing import DayTotals
from trama.programmes.mobility.models import Closing

Progress = Callable[[Closing], None]
Step = Closing.Step


def close_day(
    *,
    city: City,
    service_date: date,
    home: Path,
    at_s: int,
    threads: int = 2,
    progress: Progress = lambda closing: None,
) -> Closing:
    """Close a service day, or bring a closed one up to date; answers its newest closing.

    Interrupted closings of the city are finished first. With nothing new since the last closing
    nothing changes. Late taps make a revision, and one of each later closed day whose carried
    state they change. `progress` is told of every step and of the rows done.

    Refuses `closing_is_running`, `day_is_not_over`, `day_has_no_taps`, `earlier_day_is_open`,
    `route_without_operator`, `medium_without_collector`, and what pricing refuses.
    """
    with only_one(home / "days" / city.code):
        _finish_unfinished(city, home, threads, progress)
        if begin(city=city, service_date=service_date, at_s=at_s):
            _finish_unfinished(city, home, threads, progress)
    return Closing.objects.filter(city=city, service_date=service_date).latest("revision")


def _finish_unfinished(city: City, home: Path, threads: int, progress: Progress) -> None:
    """Run what is not done, the earliest day first: a day may leave work for the next one."""
    unfinished = Closing.objects.filter(city=city).exclude(step=Step.DONE)
    while closing := unfinished.order_by("service_date", "revision").first():
        _run(closing, Work.of(closing, home, threads), progress)


def _run(closing: Closing, work: Work, progress: Progress) -> None:
    if closing.revision == 0:
        _timed(closing, Step.SEALED, progress, lambda seen: seal(closing, work))
        _timed(closing, Step.PRICED, progress, work.price)
        _timed(closing, Step.CHARGED, progress, lambda seen: charge(closing, work, seen))
    else:
        _timed(closing, Step.CHARGED, progress, lambda seen: reprice(closing, work))
    added = DayTotals.from_json(closing.figures["totals"])
    before = totals_before(closing)
    _timed(
        closing,
        Step.SETTLED,
        progress,
        lambda seen: settle_closing(closing, before, added, work.terms),
    )
    _timed(closing, Step.DONE, progress, lambda seen: finish(closing, before + added, work))


def _timed(
    closing: Closing,
    step: Step,
    progress: Progress,
    do: Callable[[Callable[[int], None]], dict[str, object] | None],
) -> None:
    """Do what leads to `step` unless it was done, and keep what it found and how long it took."""
    if _reached(closing, step):
        return

    def seen(rows: int) -> None:
        # Twenty marks are enough for an eye; each is a commit.
        if rows * 20 // max(closing.total, 1) == closing.done * 20 // max(closing.total, 1):
            return
        closing.done = rows
        closing.save(update_fields=["done"])
        progress(closing)

    closing.done, began = 0, perf_counter()
    found = do(seen) or {}
    seconds = closing.figures.get("seconds", {}) | {step.value: round(perf_counter() - began, 3)}
    closing.figures = closing.figures | found | {"seconds": seconds}
    closing.step, closing.done = step, closing.total
    closing.save(update_fields=["step", "done", "figures"])
    progress(closing)


def _reached(closing: Closing, step: Step) -> bool:
    order = [known.value for known in Step]
    return order.index(closing.step) >= order.index(step.value)
