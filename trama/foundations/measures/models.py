"""Indicators and what was observed. A figure without a denominator is not published."""

from django.db import models


class Indicator(models.Model):
    """What is measured: `value = numerator / denominator` in `unit`, published by `programme`."""

    class Direction(models.TextChoices):
        UP = "up"
        DOWN = "down"
        NEITHER = "neither"

    code = models.SlugField(unique=True, max_length=80)
    programme = models.SlugField(max_length=40)
    title = models.CharField(max_length=160)
    unit = models.CharField(max_length=40)
    numerator_of = models.CharField(max_length=200)
    denominator_of = models.CharField(max_length=200)
    direction = models.CharField(max_length=8, choices=Direction.choices)

    def __str__(self) -> str:
        return self.code


class Observation(models.Model):
    """One value for one period of one place. A revision is a new row; the old one stays."""

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="observations")
    place = models.SlugField(max_length=60)
    period_start = models.DateField()
    period_end = models.DateField()
    revision = models.PositiveIntegerField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    source = models.CharField(max_length=200)
    recorded_at_s = models.BigIntegerField()
    is_synthetic = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "place", "period_start", "period_end", "revision"],
                name="observation_is_made_once_per_revision",
            ),
            models.CheckConstraint(
                condition=models.Q(denominator__gte=0), name="denominator_is_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")),
                name="observation_period_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.place} {self.period_start} r{self.revision}"
