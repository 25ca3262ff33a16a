from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "trama.foundations.measures"
    label = "measures"
