"""The client: the calls of each subject on one connection. A new subject is a class beside these."""

from licence_exchange_client.catalogue import Catalogue
from licence_exchange_client.issuing import Issuing
from licence_exchange_client.recording import Recording
from licence_exchange_client.verifying import Verifying


class LicenceExchange(Verifying, Issuing, Recording, Catalogue):
    """One department's system at the platform: verifies, reads permitted fields, issues, reads the catalogue.

    `address` is the platform's; `client_id` and either `client_secret` or `key` say who calls; `scope` is what the
    token is for (issuing, operations and batches need `issue`). With `sign_calls` each call is signed with `key`.
    """
