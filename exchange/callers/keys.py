"""The registered public keys of systems, as the libraries take them."""

import datetime as dt
from typing import TYPE_CHECKING

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from exchange.callers.errors import CallerRefused
from registry import queries as registry

if TYPE_CHECKING:
    from registry.models import Client, ClientKey

Key = ECKey | OKPKey


def key_of(client: "Client", kid: object, at: dt.datetime) -> "ClientKey":
    """Return the client's key with this id, or raise `CallerRefused` where it has none that is in force at `at`."""
    found = registry.client_key(client, kid, at) if isinstance(kid, str) and kid.isprintable() else None
    if found is None:
        raise CallerRefused("client_key_unknown")
    return found


def loaded(key: "ClientKey") -> Key:
    """Return the key itself; the algorithm is the registered one's, whatever a message says."""
    kind = ECKey if key.algorithm == "ES256" else OKPKey
    try:
        return kind.import_key(key.jwk)
    except (JoseError, ValueError) as error:
        raise CallerRefused("client_key_unknown") from error
