"""The one API of the house; each programme adds its router."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.api import router as mobility
from trama.web.refusals import said

api = NinjaAPI(
    title="Trama",
    version="1",
    description="What devices and programs say to a city's programmes.",
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/mobility", mobility, tags=["mobility"])


@api.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, error: Exception) -> HttpResponse:
    """No key was given, or not in the way the operation asks for."""
    refusal = Refused(
        "key_is_missing",
        gettext_noop("This address opens with a key only."),
        remedy=gettext_noop("Sign in by HTTP Basic, as the description of the API says."),
    )
    challenge = {"WWW-Authenticate": 'Basic realm="Trama"'}
    return JsonResponse(said(refusal), status=401, headers=challenge)
