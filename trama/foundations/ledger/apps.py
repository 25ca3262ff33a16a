from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "trama.foundations.ledger"
    label = "ledger"
