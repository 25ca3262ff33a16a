# TODO"""A city, its network, its days, its tariff and its measures."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from trama.programmes.mobility.views import city, day, held, measures, routes, taps, tariff
from trama.programmes.mobility.views.frame import ServiceDateConverter


class RouteIdConverter(StringConverter):
    """A GTFS identifier may hold any sign, a slash too."""

    regex = ".+?"


register_converter(ServiceDateConverter, "date")
register_converter(RouteIdConverter, "route")

urlpatterns: list[URLPattern] = [
    path("<slug:city>/", city.city, name="city"),
    path("<slug:city>/routes/", routes.routes, name="routes"),
    path("<slug:city>/routes/<route:route_id>/", routes.route, name="route"),
    path("<slug:city>/days/", day.days, name="days"),
    path("<slug:city>/days/<date:day>/", day.day, name="day"),
    path("<slug:city>/days/<date:day>/taps.png", day.day_picture, name="day_picture"),
    path("<slug:city>/days/<date:day>/progress/", day.closing_progress, name="closing_progress"),
    path("<slug:city>/days/<date:day>/taps/", taps.taps, name="taps"),
    path("<slug:city>/held/", held.held, name="held"),
    path("<slug:city>/held/release/", held.release, name="held_release"),
    path("<slug:city>/held/<int:pk>/dismiss/", held.dismiss, name="held_dismiss"),
    path("<slug:city>/tariff/", tariff.tariff, name="tariff"),
    path("<slug:city>/tariff/<slug:code>/", tariff.tariff_document, name="tariff_document"),
    path("<slug:city>/tariff/<slug:code>.toml", tariff.tariff_toml, name="tariff_toml"),
    path("<slug:city>/agreement/<slug:code>/", tariff.agreement, name="agreement"),
    path("<slug:city>/agreement/<slug:code>.toml", tariff.agreement_toml, name="agreement_toml"),
    path("<slug:city>/measures/", measures.measures, name="measures"),
    path("<slug:city>/measures/<slug:code>/", measures.measure, name="measure"),
]
