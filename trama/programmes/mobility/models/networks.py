"""A network is one version of a GTFS Schedule feed; past days keep the version they had.

Small nouns live in the database; trips, stop_times, calendars and shapes are Parquet files in
`<home>/networks/<digest>/`, written before the row that names them.
"""

from django.db import models

from trama.foundations.registry.models import City, Organisation


class Network(models.Model):
    """One loaded feed of a city, valid from its date until a newer one begins."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="networks")
    feed = models.SlugField(max_length=60)
    digest = models.CharField(max_length=64)
    valid_from = models.DateField()
    source = models.CharField(max_length=300)
    licence = models.CharField(max_length=300)
    loaded_at_s = models.BigIntegerField()
    report = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["city", "feed", "digest"], name="feed_is_loaded_once"),
            models.UniqueConstraint(
                fields=["city", "feed", "valid_from"], name="feed_has_one_version_from_a_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city} · {self.feed} · {self.valid_from}"


class Agency(models.Model):
    """GTFS agency."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="agencies")
    agency_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "agency_id"], name="agency_is_unique_in_its_network"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """GTFS route. `lines` are drawn paths, [[[lon, lat], ...], ...], already simplified."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="routes")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="routes")
    route_id = models.CharField(max_length=80)
    short_name = models.CharField(max_length=120)
    long_name = models.CharField(max_length=300)
    colour = models.CharField(max_length=6, blank=True)
    route_type = models.PositiveIntegerField()
    trips = models.PositiveIntegerField(default=0)
    lines = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "route_id"], name="route_is_unique_in_its_network"
            )
        ]

    def __str__(self) -> str:
        return self.short_name or self.long_name


class Stop(models.Model):
    """GTFS stop that at least one trip uses."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="stops")
    stop_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    lat_e6 = models.IntegerField()
    lon_e6 = models.IntegerField()
    zone_id = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "stop_id"], name="stop_is_unique_in_its_network"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Concession(models.Model):
    """Which organisation runs a route (or, with no route, all of an agency) from a date."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="concessions")
    agency_id = models.CharField(max_length=80)
    route_id = models.CharField(max_length=80, blank=True)
    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="concessions")
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["city", "agency_id", "route_id", "valid_from"],
                name="route_has_one_operator_from_a_date",
            )
        ]

    def __str__(self) -> str:
        return f"{self.route_id or self.agency_id} · {self.operator}"
