"""The doors of the skin: the theme, the page of its parts, and the pages for what went wrong."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trama.core.refusals import Refused
from trama.web.charts import png_response
from trama.web.context import THEME_COOKIE, THEMES
from trama.web.refusals import said
from trama.web.style import clearing_table, day_chart, style_context
from trama.web.tables import csv_response

YEAR_S = 365 * 86_400


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asked: an address of the API, or JSON preferred to pages."""
    is_api = request.path.startswith("/api/")
    return is_api or request.get_preferred_type(["text/html", "application/json"]) == (
        "application/json"
    )


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember `light`, `dark` or neither, and go back to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR_S, httponly=True, samesite="Lax")
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """Every token and component, for the people who build the next programmes."""
    return render(request, "style.html", style_context())


@require_GET
def style_table(request: HttpRequest) -> HttpResponse:
    """The example table as a file."""
    return csv_response(clearing_table(), "example.csv")


@require_GET
def style_day(request: HttpRequest) -> HttpResponse:
    """The example day as a picture."""
    return png_response(day_chart(), "example.png")


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page (or JSON) of a refusal, 422."""
    if wants_json(request):
        return JsonResponse(said(refusal), status=422)
    return render(request, "refused.html", {"refusal": said(refusal)}, status=422)


def _went_wrong(
    request: HttpRequest, status: int, code: str, title: str, what: str
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"code": code, "message": title, "remedy": what}, status=status)
    context = {"status": status, "title": title, "what": what}
    if code == "forbidden":
        context["sign_in_next"] = request.get_full_path()
    return render(request, "wrong.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    what = _("Go back, look at what was sent, and try again.")
    return _went_wrong(request, 400, "bad_request", _("This request could not be understood"), what)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    what = _("Sign in as somebody who may, or ask the authority's back office for the role.")
    return _went_wrong(request, 403, "forbidden", _("This page is not yours to see"), what)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    what = _("The address may be old or mistyped. Start again from the first page.")
    return _went_wrong(request, 404, "not_found", _("There is nothing at this address"), what)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 when a form came without its proof of origin."""
    what = _("The form was open for too long or cookies are off. Reload the page and send again.")
    return _went_wrong(request, 403, "form_expired", _("The form was not accepted"), what)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, drawn without session, user or database: they may be what failed."""
    title = _("Something broke on our side")
    what = _("Nothing was lost. Try again in a minute; the fault has been written down.")
    if wants_json(request):
        return JsonResponse({"code": "server_error", "message": title, "remedy": what}, status=500)
    page = render_to_string("wrong.html", {"status": 500, "title": title, "what": what})
    return HttpResponse(page, status=500)
