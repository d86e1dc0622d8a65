"""Departments' public keys, and the trust list: for everybody, without sign-in."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from foundation.clock import now
from licences.api.answers import cached, entity_tag, public, written
from licences.trusting import issuer_metadata, key_set, signed_trust_list, trust_list


@public
def issuer(request: HttpRequest, code: str) -> HttpResponseBase:
    """Answer a department's JWT VC Issuer Metadata (SD-JWT VC)."""
    return cached(request, written(issuer_metadata(code)), "application/json")


@public
def keys(request: HttpRequest, code: str) -> HttpResponseBase:
    """Answer a department's JWK set (RFC 7517)."""
    return cached(request, written(key_set(code)), "application/jwk-set+json")


@public
def listed(request: HttpRequest) -> HttpResponseBase:
    """Answer the trust list as JSON."""
    return cached(request, written(trust_list(now()).as_json()), "application/json")


@public
def signed(request: HttpRequest) -> HttpResponseBase:
    """Answer the trust list signed by the platform's root."""
    trusted = trust_list(now())
    tag = entity_tag(written(trusted.as_json()), weak=True)
    return cached(request, signed_trust_list(trusted).encode(), "application/jwt", tag=tag)
