from django.apps import AppConfig


class MobilityConfig(AppConfig):
    name = "trama.programmes.mobility"
    label = "mobility"
