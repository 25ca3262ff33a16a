from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "trama.foundations.payments"
    label = "payments"
