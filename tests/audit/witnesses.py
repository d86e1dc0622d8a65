"""Witnesses for tests: keys that cosign as `audit-witness` does."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.models import Witness
from audit.notes import COSIGNATURE, VerifierKey, cosign, parse_note, with_signatures
from audit.queries import checkpoint
from audit.witnessing import enrol_witness
from foundation.clock import now
from foundation.context import PLATFORM


@dataclass(frozen=True)
class Cosigner:
    """A witness's key."""

    name: str = "witness.health.example"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.name, COSIGNATURE, self.private.public_key().public_bytes_raw())

    def enrol(self, department: str = "D2") -> Witness:
        return enrol_witness(vkey=str(self.key), department=department, actor=PLATFORM)

    def line(self, text: str, ahead: int = 0) -> str:
        seconds = int(now().timestamp()) + ahead
        return str(cosign(text, name=self.name, public=self.key.public, sign=self.private.sign, time=seconds))

    def cosigned(self, written: str = "", ahead: int = 0) -> bytes:
        """Return the log's latest checkpoint, or that given, with this witness's cosignature."""
        if not written:
            signed = checkpoint()
            assert signed
            written = signed.note
        note = parse_note(written)
        return str(with_signatures(note, [self.line(note.text, ahead)])).encode()
