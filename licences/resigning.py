"""Signing a licence's credential anew: the same claims under another key, at another place of a status list."""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings

from foundation.keys import Signer
from foundation.sealing import SealError
from licences.authenticity import authenticate
from licences.errors import RowAltered
from licences.models import Licence, SigningKey
from licences.sdjwt import CredentialError, issue, split_claims
from licences.statuses import mark_changed, status_claim, take_index
from licences.storing import authenticated, seal_disclosures, stored_credential


def sign_anew(licence: Licence, *, key: SigningKey, signer: Signer, at: dt.datetime) -> None:
    """Give the instance (not saved) a new credential by `key`, and with it digest, status index, key and MAC.

    Claims stay; the time of signing, the place in the status list and the salts are new. A credential that is not the
    row's, or whose disclosures do not open, raises `RowAltered`.
    """
    plain, disclosable = _claims(licence)
    plain |= {"iat": int(at.timestamp()), "status": _take_place(licence)}
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


def _take_place(licence: Licence) -> dict[str, Any]:
    licence.status_list, licence.status_index = take_index(licence.issuer_id)
    # The new place must show a licence that is suspended or has ended as such.
    mark_changed(licence.status_list_id)
    return status_claim(licence.status_list, licence.status_index)
