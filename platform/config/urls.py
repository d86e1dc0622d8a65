"""Addresses."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from oauth2_provider.views import RevokeTokenView, TokenView

urlpatterns = [
    path("", include("portal.urls")),
    path("", include("licences.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("oauth/token/", TokenView.as_view(), name="token"),
    path("oauth/revoke/", RevokeTokenView.as_view(), name="revoke-token"),
    path("api/schema/", SpectacularAPIView.as_view(api_version="v1"), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("api/v1/", include("exchange.api.urls")),
    path("api/v1/", include("registry.api.urls")),
]
handler400 = "portal.views.failures.bad_request"
handler403 = "portal.views.failures.forbidden"
handler404 = "portal.views.failures.not_found"
handler500 = "portal.views.failures.internal_error"
