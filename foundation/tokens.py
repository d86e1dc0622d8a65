"""Keys in a PKCS#11 token (an HSM, a card): made there, used there, never brought out. An optional extra, `pkcs11`."""

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from foundation.ids import new_id
from foundation.keys import HeldKey, PublicJwk, public_jwk
from foundation.reasons import Both, Refused, because

NOT_SET = Both("未设置", "none is set")
_NOT_INSTALLED = Both("未安装 pkcs11 组件", "the extra pkcs11 is not installed")
_FAILS = Both("无法打开或出现故障", "it cannot be opened, or fails")
_PIN_REFUSED = Both("口令被拒绝", "it refuses the PIN")
_NO_SUCH_KEY = Both("其中没有此密钥", "it does not hold the key")

Answer = TypeVar("Answer")


class TokenUnavailable(Refused):
    """The token cannot be used; what it said is the cause of this error, and never holds the PIN."""

    def __init__(self, why: Both) -> None:
        super().__init__(because("token_unavailable", why=why))


def _pkcs11() -> Any:
    try:
        import pkcs11  # an optional extra, which only those who use it need
    except ImportError as error:
        raise TokenUnavailable(_NOT_INSTALLED) from error
    return pkcs11


class Token:
    """One token, by its module's path and its label. Threads take turns; a session that has failed is opened anew."""

    def __init__(self, module: str, label: str, pin: str) -> None:
        self._module, self._label = module, label
        self._pin: Callable[[], str] = lambda: pin
        self._pin_refused = False
        self._lock = threading.Lock()
        self._session: Any = None
        self._process = 0

    def __repr__(self) -> str:
        return f"Token({self._label})"

    def make_key(self, label: str) -> PublicJwk:
        """Make a P-256 key under `label`, which the token will not give out; return its public JWK."""
        return self._work(lambda session: _make_key(session, label))

    def sign(self, label: str, message: bytes) -> bytes:
        """Return r and s of the key under `label`, 32 bytes each, over the SHA-256 of `message`."""
        digest = hashlib.sha256(message).digest()
        return self._work(lambda session: _sign(session, label, digest))

    def _work(self, act: Callable[[Any], Answer]) -> Answer:
        pkcs11 = _pkcs11()
        with self._lock:
            try:
                if self._session is not None and self._process == os.getpid():
                    # A session ends when the token is taken out or its server restarts: then a new one tells.
                    with suppress(pkcs11.PKCS11Error):
                        return act(self._session)
                return act(self._open())
            except pkcs11.NoSuchKey as error:
                raise TokenUnavailable(_NO_SUCH_KEY) from error
            except pkcs11.PKCS11Error as error:
                raise TokenUnavailable(_FAILS) from error

    def _open(self) -> Any:
        pkcs11 = _pkcs11()
        if self._pin_refused:
            # A few wrong PINs lock a token for good, so this process does not try its own again.
            raise TokenUnavailable(_PIN_REFUSED)
        library = pkcs11.lib(self._module)
        if self._session is not None:
            # Also what a child process must do, for its parent's sessions are not its own.
            library.reinitialize()
        try:
            self._session = library.get_token(token_label=self._label).open(rw=True, user_pin=self._pin())
        except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinLenRange, pkcs11.PinInvalid) as error:
            self._pin_refused = True
            raise TokenUnavailable(_PIN_REFUSED) from error
        self._process = os.getpid()
        return self._session


class TokenSigner(HeldKey):
    """An ES256 key in a token, under its label there."""

    def __init__(self, token: Token, label: str, key_id: str) -> None:
        super().__init__(key_id)
        self._token, self._label = token, label

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each; `TokenUnavailable` where the token does not sign."""
        return self._token.sign(self._label, message)


def _make_key(session: Any, label: str) -> PublicJwk:
    pkcs11 = _pkcs11()
    curve = {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")}
    parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
    public, _ = parameters.generate_keypair(
        id=new_id().bytes,
        label=label,
        store=True,
        mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN,
        capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
        private_template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
    )
    key = load_der_public_key(pkcs11.util.ec.encode_ec_public_key(public))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the token made no elliptic-curve key")
    return public_jwk(key)


def _sign(session: Any, label: str, digest: bytes) -> bytes:
    pkcs11 = _pkcs11()
    key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, key_type=pkcs11.KeyType.EC, label=label)
    signature: bytes = key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
    return signature
