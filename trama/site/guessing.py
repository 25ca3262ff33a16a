"""A pause for whoever keeps guessing passwords.

A password costs a fifth of a second and some memory to compare: guessing is stopped before that.
"""

from hashlib import blake2b

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from trama.core.refusals import Refused, gettext_noop
from trama.web.views import refused

PAUSE_S = 300
TRIES_A_NAME = 10
"""Wrong passwords in a row for one name from one address: nobody can lock a name for others."""
TRIES_AN_ADDRESS = 100


class PatientLoginView(LoginView):
    """Django's, with 429 for a while after too many wrong passwords."""

    def post(self, request: HttpRequest, *args: str, **kwargs: object) -> HttpResponse:
        """Count the try before it is made, so that many at once are counted too."""
        by_name, by_address = _counters(request)
        if _counted(by_name) > TRIES_A_NAME or _counted(by_address) > TRIES_AN_ADDRESS:
            return _too_many(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Who knows the password may have mistyped it before."""
        cache.delete_many(_counters(self.request))
        return super().form_valid(form)


def _counters(request: HttpRequest) -> tuple[str, str]:
    address = request.META.get("REMOTE_ADDR", "")
    both = f"{address} {request.POST.get('username', '')}"
    digest = blake2b(both.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"sign-in/{digest}", f"sign-in/{address}"


def _counted(counter: str) -> int:
    cache.add(counter, 0, PAUSE_S)
    try:
        return cache.incr(counter)
    except ValueError:  # it expired in between
        return 1


def _too_many(request: HttpRequest) -> HttpResponse:
    refusal = Refused(
        "too_many_tries",
        gettext_noop("There were too many wrong passwords."),
        remedy=gettext_noop("Wait {minutes} minutes and try again."),
        minutes=PAUSE_S // 60,
    )
    answer = refused(request, refusal)
    answer.status_code = 429
    answer.headers["Retry-After"] = str(PAUSE_S)
    return answer
