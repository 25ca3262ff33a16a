"""The skin's own addresses."""

from django.urls import URLPattern, path
from django.views.i18n import set_language

from trama.web import views

urlpatterns: list[URLPattern] = [
    path("style/", views.style, name="style"),
    path("style/table.csv", views.style_table, name="style_table"),
    path("style/day.png", views.style_day, name="style_day"),
    path("theme/", views.set_theme, name="set_theme"),
    path("language/", set_language, name="set_language"),
]
