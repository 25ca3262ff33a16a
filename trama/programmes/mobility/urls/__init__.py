"""The addresses of mobility: what anybody reads, and what is about money."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("trama.programmes.mobility.urls.city")),
    path("", include("trama.programmes.mobility.urls.money")),
]
