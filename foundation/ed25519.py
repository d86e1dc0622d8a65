"""Ed25519 keys (RFC 8032), in which the record's tree is signed: signed notes know no other."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foundation.keys import HeldKey

ED25519 = "Ed25519"


class Ed25519Signer(HeldKey):
    """An Ed25519 key in this process's memory; its id is the public key in hex."""

    algorithm = ED25519

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self.public = private_key.public_key().public_bytes_raw()
        super().__init__(self.public.hex())
        self._private_key = private_key

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`, 64 bytes."""
        return self._private_key.sign(message)


def new_ed25519_key() -> tuple[bytes, bytes]:
    """Make a key; return its PKCS#8 DER (to be sealed at once) and its public half, 32 bytes."""
    key = Ed25519PrivateKey.generate()
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return der, key.public_key().public_bytes_raw()


def ed25519_signer(pkcs8_der: bytes) -> Ed25519Signer:
    """Return the signer of a key made by `new_ed25519_key`."""
    key = serialization.load_der_private_key(pkcs8_der, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the stored key is no Ed25519 key")
    return Ed25519Signer(key)
