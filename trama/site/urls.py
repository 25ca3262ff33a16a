"""The public addresses of the house."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from trama.site import views
from trama.site.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("", views.front, name="front"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("", include("trama.web.urls")),
    path("", include("trama.programmes.mobility.urls")),
]

handler400 = "trama.web.views.bad_request"
handler403 = "trama.web.views.forbidden"
handler404 = "trama.web.views.not_found"
handler500 = "trama.web.views.server_error"
