"""How a licence's row holds its credential: the JWT in clear (digests only), the disclosures sealed."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from licences.authenticity import Authenticated, said_of
from licences.sdjwt import Credential

if TYPE_CHECKING:
    from licences.models import Licence

DISCLOSURES = "licence-disclosures"


def seal_disclosures(licence: UUID, disclosures: Sequence[str]) -> bytes:
    """Seal disclosures for the row of this licence alone."""
    plain = json.dumps(disclosures).encode()
    return settings.SEALING_RING.seal(plain, purpose=DISCLOSURES, bound_to=licence.bytes)


def stored_credential(licence: "Licence") -> Credential:
    """Return the credential as it was issued; `SealError` where the sealed part was altered."""
    sealed = bytes(licence.disclosures_sealed)
    plain = settings.SEALING_RING.open(sealed, purpose=DISCLOSURES, bound_to=licence.pk.bytes)
    return Credential(licence.credential, tuple(json.loads(plain)))


def authenticated(licence: "Licence") -> Authenticated:
    """Return the values that the row's MAC covers."""
    return Authenticated(
        identifier=licence.identifier,
        version=licence.version,
        state=str(licence.state),
        valid_from=licence.valid_from,
        valid_until=licence.valid_until,
        credential_digest=bytes(licence.credential_digest),
        key_id=licence.signing_key.key_id,
        holders=tuple(str(holder.pk) for holder in licence.holders.all()),
        said=_said(licence) if licence.mac_form > 1 else "",
    )


def _said(licence: "Licence") -> str:
    return said_of(
        key=str(licence.pk),
        number=licence.number,
        number_key=licence.number_key,
        licence_type=str(licence.licence_type_id),
        issuer=str(licence.issuer_id),
        serial=licence.serial,
        previous=str(licence.previous_id or ""),
        issued_at=licence.issued_at,
        place=(str(licence.status_list_id or ""), licence.status_index),
    )
