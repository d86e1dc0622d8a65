from django.urls import path

from licences.api import statuses, trust

urlpatterns = [
    path(".well-known/jwt-vc-issuer/departments/<str:code>", trust.issuer, name="issuer-metadata"),
    path("departments/<str:code>/jwks.json", trust.keys, name="key-set"),
    path("status-lists", statuses.listed, name="status-lists"),
    path("status-lists/<uuid:pk>", statuses.status_list, name="status-list"),
    path("trust-list", trust.listed, name="trust-list"),
    path("trust-list.jwt", trust.signed, name="signed-trust-list"),
]
