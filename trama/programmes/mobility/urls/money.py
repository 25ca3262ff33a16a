"""What somebody paid, what somebody is owed, and the ledger that says so."""

from django.urls import URLPattern, path

from trama.programmes.mobility.views import clearing, ledger, operator, rider

urlpatterns: list[URLPattern] = [
    path("<slug:city>/riders/", rider.riders, name="riders"),
    path("<slug:city>/riders/<path:token>/", rider.rider, name="rider"),
    path("<slug:city>/operators/", operator.operators, name="operators"),
    path("<slug:city>/operators/<slug:code>/<date:day>/", operator.operator, name="operator"),
    path(
        "<slug:city>/operators/<slug:code>/<date:day>.csv",
        operator.operator_csv,
        name="operator_csv",
    ),
    path("<slug:city>/days/<date:day>/clearing/", clearing.clearing, name="clearing"),
    path("<slug:city>/ledger/", ledger.ledger, name="ledger"),
    path("<slug:city>/ledger/accounts/<path:name>/", ledger.ledger_account, name="ledger_account"),
    path("<slug:city>/ledger/sources/", ledger.ledger_source, name="ledger_source"),
    path("<slug:city>/ledger/journal.beancount", ledger.journal, name="journal"),
]
