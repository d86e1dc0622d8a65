"""Signing a licence's credential anew: the same claims under another key, at another place of a status list."""

import datetime as dt
import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings

from foundation.keys import Signer
from foundation.sealing import SealError
from licences.authenticity import authenticate
from licences.errors import RowAltered
from licences.models import Licence, SigningKey, StatusList
from licences.sdjwt import CredentialError, issue, split_claims
from licences.storing import authenticated, seal_disclosures, stored_credential


def sign_anew(licence: Licence, *, key: SigningKey, signer: Signer, at: dt.datetime) -> None:
    """Give the instance (not saved) a new credential by `key`, and with it digest, status index, key and MAC.

    Claims stay, the date of issue too; salts are new. A credential that is not the row's, or whose disclosures do not
    open, raises `RowAltered`.
    """
    plain, disclosable = _claims(licence)
    if licence.status_list_id is not None:
        plain["status"] = _take_place(licence, at)
    credential = issue(plain=plain, disclosable=disclosable, signer=signer)
    licence.credential, licence.signing_key = credential.jwt, key
    licence.credential_digest = hashlib.sha256(credential.jwt.encode()).digest()
    licence.disclosures_sealed = seal_disclosures(licence.pk, credential.disclosures)
    licence.mac_key, licence.mac = authenticate(authenticated(licence), settings.SEALING_RING)


def _claims(licence: Licence) -> tuple[dict[str, Any], dict[str, Any]]:
    if hashlib.sha256(licence.credential.encode()).digest() != bytes(licence.credential_digest):
        raise RowAltered
    try:
        return split_claims(stored_credential(licence), licence.signing_key.public_jwk)
    except (CredentialError, SealError) as error:
        raise RowAltered from error


def _take_place(licence: Licence, at: dt.datetime) -> dict[str, Any]:
    status_list, index = import_module("licences.statuses").take_index(licence.issuer_id)
    # The new place must show a licence that is suspended or has ended as such.
    StatusList.objects.filter(pk=status_list.pk).update(changed_at=at)
    licence.status_list, licence.status_index = status_list, index
    return {"status_list": {"idx": index, "uri": f"{settings.PUBLIC_URL}/status-lists/{status_list.pk}"}}
