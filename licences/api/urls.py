from django.urls import path

from licences.api import trust

urlpatterns = [
    path(".well-known/jwt-vc-issuer/departments/<str:code>", trust.issuer, name="issuer-metadata"),
    path("departments/<str:code>/jwks.json", trust.keys, name="key-set"),
    path("trust-list", trust.listed, name="trust-list"),
    path("trust-list.jwt", trust.signed, name="signed-trust-list"),
]
