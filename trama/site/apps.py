from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "trama.site"
    label = "trama_site"
