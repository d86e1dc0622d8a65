"""What others need to trust this platform's credentials: departments' public keys, and the signed list of all."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from licences.certifying import root, root_signer
from licences.errors import DepartmentNotFound
from licences.models import SigningKey
from licences.trust import TERM, TrustedIssuer, TrustedKey, TrustList, sign_trust_list
from registry import queries as registry


def issuer_url(code: str) -> str:
    """Return what the credentials of the department with this code name as their issuer."""
    return f"{settings.PUBLIC_URL}/departments/{code}"


def _trusted_key(key: SigningKey) -> TrustedKey:
    return TrustedKey(
        kid=key.key_id,
        alg=key.algorithm,
        jwk=key.public_jwk,
        x5c=tuple(key.chain),
        trusted_from=key.made_at,
        retired_at=key.retired_at,
        compromised_at=key.compromised_at,
        issuer=issuer_url(key.department.code),
    )


def _keys() -> QuerySet[SigningKey]:
    return SigningKey.objects.select_related("department").order_by("department__code", "made_at", "pk")


def key_set(code: str) -> dict[str, Any]:
    """Return the JWK set (RFC 7517) of a department's keys that are trusted: in force or retired, never compromised.

    `DepartmentNotFound` where there is none with this code; one without keys has an empty set.
    """
    if registry.department_by_code(code) is None:
        raise DepartmentNotFound
    trusted = _keys().filter(department__code=code, compromised_at__isnull=True)
    return {"keys": [{**key.public_jwk, **({"x5c": key.chain} if key.chain else {})} for key in trusted]}


def issuer_metadata(code: str) -> dict[str, Any]:
    """Return a department's JWT VC Issuer Metadata (SD-JWT VC, section "JWT VC Issuer Metadata")."""
    return {"issuer": issuer_url(code), "jwks": key_set(code)}


def trust_list(at: dt.datetime) -> TrustList:
    """Return the list of all departments with keys, issued within the hour before `at`."""
    keys = list(_keys())
    issued_at = _issued_at(keys, at)
    departments = (_issuer(list(group)) for _, group in groupby(keys, key=lambda key: key.department_id))
    certificate = bytes(root().certificate)
    return TrustList(settings.PUBLIC_URL, issued_at, issued_at + TERM, certificate, tuple(departments))


def _issuer(keys: list[SigningKey]) -> TrustedIssuer:
    department = keys[0].department
    listed = tuple(map(_trusted_key, keys))
    return TrustedIssuer(issuer_url(department.code), department.code, department.name, department.uscc, listed)


def _issued_at(keys: Iterable[SigningKey], at: dt.datetime) -> dt.datetime:
    """Return the last full hour, or the last change of a key since: the list is the same while nothing changes."""
    changes = (time for key in keys for time in (key.made_at, key.retired_at, key.compromised_at) if time)
    return max([at.replace(minute=0, second=0), *changes]).replace(microsecond=0)


def signed_trust_list(listed: TrustList) -> str:
    """Return the list signed by the platform's root, as a compact JWS."""
    return sign_trust_list(listed, root_signer(root()))
