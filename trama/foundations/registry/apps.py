from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "trama.foundations.registry"
    label = "registry"
