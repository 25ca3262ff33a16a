"""Taps that arrived and are not yet sealed, and taps that are held with a reason."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trama.foundations.registry.models import City


class Tap(models.Model):
    """One tap as its device told it. Written by SQL in batches; the same pair twice is one row."""

    # The intake has read its city; checking that for each row nearly doubles its cost (0007).
    city = models.ForeignKey(
        City, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    device = models.CharField(max_length=60)
    sequence = models.BigIntegerField()
    token = models.CharField(max_length=64, null=True)
    medium = models.CharField(max_length=40)
    tapped_at_s = models.BigIntegerField()
    route = models.CharField(max_length=80, null=True)
    stop = models.CharField(max_length=80, null=True)
    vehicle = models.CharField(max_length=60, null=True)
    direction = models.CharField(max_length=7)
    service_date = models.DateField()
    received_at_s = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "device", "sequence"], name="tap_is_kept_once")
        ]
        indexes = [models.Index(fields=["city", "service_date"], name="tap_by_service_day")]

    def __str__(self) -> str:
        return f"{self.device}/{self.sequence}"


class HeldTap(models.Model):
    """A tap kept aside: quarantined until its cause is mended, or in conflict with another.

    `content["tap"]` is what was sent; of a conflict, `content["kept"]` is what was kept first.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        RELEASED = "released", _("Released")
        DISMISSED = "dismissed", _("Dismissed")

    class Reason(models.TextChoices):
        UNKNOWN_DEVICE = "unknown_device", _("The device is not registered")
        UNKNOWN_ROUTE = "unknown_route", _("The route is not in the network of that day")
        UNKNOWN_MEDIUM = "unknown_medium", _("The tariff of that day does not know the medium")
        FROM_THE_FUTURE = "from_the_future", _("The instant lies in the future")
        MALFORMED = "malformed", _("A field is missing or unreadable")
        CONFLICT = "conflict", _("Same device and sequence, other content")

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="held_taps")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    detail = models.CharField(max_length=300, blank=True)
    content = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    tapped_at_s = models.BigIntegerField(null=True)
    received_at_s = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    decided_at_s = models.BigIntegerField(null=True)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "fingerprint"], name="held_tap_is_kept_once")
        ]
        indexes = [models.Index(fields=["city", "state", "reason"], name="held_tap_by_reason")]

    def __str__(self) -> str:
        return f"{self.reason} {self.fingerprint[:8]}"
