"""Receiving batches of devices: those that arrive together are written and forced to disk together.

Forcing a transaction to the disk costs the same for one tap and for a thousand. So whoever comes
while somebody writes waits in a line, and the first of the line writes for all of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.card_numbers import card_numbers_in
from trama.foundations.registry.models import City, Device
from trama.foundations.registry.queries.devices import DEVICES, key_opens
from trama.programmes.mobility.actions.taps.columns import TAPS
from trama.programmes.mobility.actions.taps.keeping import keep_taps

CARD_NUMBER = "card_number"
REFUSED = "refused"
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Sender:
    """Who says that it sends: a city, a device and the device's key."""

    city: str
    device: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one tap: kept, duplicate, conflict, held or refused, and why."""

    outcome: str
    reason: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class _Batch:
    sender: Sender
    taps: pa.Table
    at_s: int
    called: Event = field(default_factory=Event)
    answer: list[Outcome] | None = None
    error: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.answer is not None or self.error is not None


class _Line:
    """Batches that wait to be written. One caller writes at a time, for all that wait.

    Each waits for a call of its own: if all waited for one lock, they would pass it on one by one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_writing = False
        self._waiting: list[_Batch] = []

    def write(self, batch: _Batch) -> list[Outcome]:
        with self._lock:
            self._waiting.append(batch)
            writes, self._is_writing = not self._is_writing, True
        if not writes:
            batch.called.wait()
        if not batch.is_done:
            self._write_all()
        if batch.error is not None:
            raise batch.error
        return batch.answer or []

    def _write_all(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            _write_together(group)
        finally:
            with self._lock:
                self._is_writing = bool(self._waiting)
                following = self._waiting[:1]
            for batch in group:
                if not batch.is_done:
                    batch.error = InterruptedError("the writing of taps was interrupted")
            for batch in (*following, *group):
                batch.called.set()


_line = _Line()


def receive_taps(
    *, sender: Sender, columns: Mapping[str, Sequence[Any]], at_s: int
) -> list[Outcome]:
    """Keep a device's batch and say what became of each tap, in the order they were sent.

    `columns` has those of `columns.TAPS`, each as long as the batch. What is answered is on the
    disk. A tap whose token looks like a card number is `refused` and nothing of it is kept; what
    a revoked device sends is held. Refused whole, keeping nothing: `device_key_is_wrong`,
    `tap_of_another_device`.
    """
    return _line.write(_Batch(sender, pa.table(dict(columns), schema=TAPS), at_s))


def _write_together(group: list[_Batch]) -> None:
    """Answer every batch of the group; one that cannot be written does not harm the others."""
    by_city: dict[City, list[tuple[_Batch, Device]]] = defaultdict(list)
    try:
        for batch, device in _recognised(group):
            by_city[device.city].append((batch, device))
        for city, admitted in by_city.items():
            _write_city(city, admitted)
    except Exception as error:
        if len(group) == 1:
            group[0].error = error
        else:
            for batch in group:
                if not batch.is_done:
                    _write_together([batch])


def _recognised(group: list[_Batch]) -> list[tuple[_Batch, Device]]:
    """The batches whose sender is who it says; the others are given their refusal."""
    found = Device.objects.select_related("city").filter(
        city__code__in={batch.sender.city for batch in group},
        code__in={batch.sender.device for batch in group},
    )
    devices = {(device.city.code, device.code): device for device in found}
    admitted = []
    for batch in group:
        device = devices.get((batch.sender.city, batch.sender.device))
        # An unknown device takes as long as a wrong key: nobody learns which devices there are.
        is_key = key_opens(batch.sender.key, device.key_digest if device else _NOBODY)
        if device is None or not is_key:
            batch.error = _wrong_key()
        elif batch.taps["device"].unique().to_pylist() != [device.code]:
            batch.error = _another_device(device.code)
        else:
            admitted.append((batch, device))
    return admitted


def _write_city(city: City, admitted: list[tuple[_Batch, Device]]) -> None:
    taps = pa.concat_tables([batch.taps for batch, _ in admitted]).combine_chunks()
    cards = card_numbers_in(taps["token"])
    # Whatever a revoked device hands in itself is held, however early it says it was tapped.
    devices = pa.table(
        {
            "code": [device.code for _, device in admitted],
            "revoked_at_s": [
                0 if device.revoked_at_s is not None else None for _, device in admitted
            ],
        },
        schema=DEVICES,
    )
    others = taps.filter(pc.invert(cards))
    at_s = max(batch.at_s for batch, _ in admitted)
    result = keep_taps(city=city, taps=others, devices=devices, at_s=at_s)
    kept = zip(result.outcome, result.reason, result.detail, strict=True)
    outcomes = iter(
        Outcome(REFUSED, CARD_NUMBER) if is_card else Outcome(*next(kept))
        for is_card in cards.to_pylist()
    )
    for batch, _ in admitted:
        batch.answer = [next(outcomes) for _ in range(batch.taps.num_rows)]


def _wrong_key() -> Refused:
    return Refused(
        "device_key_is_wrong",
        gettext_noop("No device of that city opens with that key."),
        remedy=gettext_noop("Send CITY/DEVICE as user and the device's key as password."),
    )


def _another_device(device: str) -> Refused:
    return Refused(
        "tap_of_another_device",
        gettext_noop("The device {device} sent a tap of another device."),
        remedy=gettext_noop("Each device sends its own taps with its own key."),
        device=device,
    )
