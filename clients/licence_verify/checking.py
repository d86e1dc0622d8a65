"""Two questions apart: is the signature right and by a trusted key, and is the licence valid now?"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.clock import legal_day
from foundation.reasons import Both, Grounds, because
from licence_verify.saved import Saved
from licences import jws, offline, sdjwt, statuslist
from licences.jws import CredentialError
from licences.offline import OfflineCode
from licences.statuslist import StatusBits
from licences.trust import TrustedKey

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no, or None where what was saved cannot tell; and why."""

    holds: bool | None
    grounds: Grounds


def _yes(code: str) -> Answer:
    return Answer(holds=True, grounds=because(code))


def _no(code: str, **values: str) -> Answer:
    return Answer(holds=False, grounds=because(code, **values))


def _cannot_tell(code: str) -> Answer:
    return Answer(holds=None, grounds=because(code))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `content` is what was signed, empty unless the signature holds.

    `kind` is credential, code, document, address or unknown. `validity` is None where the first answer is no.
    `status_list_at` says when the status list that was asked had been signed.
    """

    kind: str
    signature: Answer
    validity: Answer | None = None
    department: Both | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    status_list_at: dt.datetime | None = None

    @property
    def exit_code(self) -> int:
        """0 signed and valid, 1 not, 2 not to be told."""
        answers = [answer.holds for answer in (self.signature, self.validity) if answer]
        return 1 if False in answers else 0 if answers == [True, True] else 2


@dataclass(frozen=True, slots=True)
class _Licence:
    """What credentials and codes have in common once their signature holds."""

    issuer: str
    begins: dt.datetime | None
    ends: dt.datetime | None
    status_uri: str
    status_index: int
    copy_ends: dt.datetime | None = None


class Checker:
    """Checks against what was saved, as of `at`. Lists older than `max_age` count as expired."""

    def __init__(self, saved: Saved, *, at: dt.datetime, max_age: dt.timedelta | None = None) -> None:
        self.saved = saved
        self.at = at
        self.max_age = max_age
        self._names = {department.issuer: department.name for department in saved.trust.departments}
        self._lists: dict[tuple[str, str], StatusBits | CredentialError] = {}

    def check(self, text: str) -> Finding:
        """Check the text of a credential, a presentation, or an offline code."""
        text = text.strip()
        if text.startswith(offline.PREFIX):
            return self._checked("code", lambda: self._code(text))
        if text.startswith(("http://", "https://")):
            return Finding("address", _cannot_tell("network_needed"))
        return self._checked("credential" if "~" in text else "unknown", lambda: self._credential(text))

    def check_document(self, pdf: bytes) -> Finding:
        """Check a sealed PDF: its seal, the key that sealed it, and the offline code that it carries."""
        from licence_verify.documents import open_document

        seal, kid = open_document(pdf, root=self.saved.trust.root, at=self.at)
        if not seal.holds:
            return Finding("document", Answer(holds=False, grounds=seal.reasons[0]))

        def opened() -> tuple[_Licence, TrustedKey, dict[str, Any]]:
            key = self._trusted(kid)
            if not seal.code:
                raise CredentialError("the document carries no code", "code_missing")
            licence, _, content = self._code(seal.code)
            self._check_key(key, licence.issuer, seal.stamped_at or seal.signed_at)
            return licence, key, content

        return self._checked("document", opened)

    def _checked(self, kind: str, opened: Callable[[], tuple[_Licence, TrustedKey, dict[str, Any]]]) -> Finding:
        try:
            licence, key, content = opened()
        except CredentialError as error:
            return Finding(kind, _no(error.reason))
        signature = _yes("signature_right")
        if self._is_old(self.saved.trust.issued_at, self.saved.trust.expires_at):
            # A newer list may have taken the key away.
            signature = _cannot_tell("trust_list_expired")
        validity, list_at = self._validity(licence)
        return Finding(kind, signature, validity, self._names.get(key.issuer), content, list_at)

    def _is_old(self, issued: dt.datetime | None, expires: dt.datetime | None) -> bool:
        too_old = self.max_age is not None and (issued is None or self.at - issued > self.max_age)
        return too_old or (expires is not None and self.at >= expires)

    # --- Is the signature right? ---------------------------------------------------------------------------------

    def _trusted(self, kid: object) -> TrustedKey:
        key = self.saved.trust.key(kid) if isinstance(kid, str) else None
        if key is None:
            raise CredentialError(f"no key {kid} is on the trust list", "key_not_trusted")
        if not key.trusted:
            raise CredentialError(f"the key {kid} was compromised", "key_compromised")
        return key

    @staticmethod
    def _check_key(key: TrustedKey, issuer: object, signed_at: dt.datetime | None) -> None:
        if key.issuer != issuer:
            raise CredentialError(f"the key is that of {key.issuer}, not of {issuer}", "key_of_other_issuer")
        if key.retired_at and (signed_at is None or not key.may_have_signed(signed_at)):
            raise CredentialError("the key was retired before this was signed", "key_retired")

    def _credential(self, text: str) -> tuple[_Licence, TrustedKey, dict[str, Any]]:
        credential = sdjwt.parse_presentation(text).credential
        key = self._trusted(jws.header_of(credential.jwt).get("kid"))
        claims = sdjwt.verify(credential, key.jwk)
        self._check_key(key, claims.get("iss"), jws.instant(claims, "iat"))
        uri, index = _status_of(claims)
        begins, ends = jws.instant(claims, "nbf"), jws.instant(claims, "exp")
        return _Licence(key.issuer, begins, ends, uri, index), key, claims

    def _code(self, text: str) -> tuple[_Licence, TrustedKey, dict[str, Any]]:
        found: list[TrustedKey] = []

        def key_of(kid: str) -> dict[str, Any]:
            found.append(self._trusted(kid))
            return found[0].jwk

        code = offline.read_code(text, key_of)
        self._check_key(found[0], code.issuer, code.issued_at)
        begins, ends = offline.term(code)
        licence = _Licence(code.issuer, begins, ends, code.status_uri, code.status_index or 0, code.expires_at)
        return licence, found[0], _content(code)

    # --- Is the licence valid now? ---------------------------------------------------------------------------------

    def _validity(self, licence: _Licence) -> tuple[Answer, dt.datetime | None]:
        if licence.begins and self.at < licence.begins:
            return _no("not_yet_valid", date=legal_day(licence.begins).isoformat()), None
        if licence.ends and self.at >= licence.ends:
            return _no("expired", date=legal_day(licence.ends - _SECOND).isoformat()), None
        if licence.copy_ends and self.at >= licence.copy_ends:
            return _no("copy_expired"), None
        try:
            bits = self._list(licence.status_uri, licence.issuer)
            return _status_answer(bits.value(licence.status_index)), bits.issued_at
        except CredentialError as unknown:
            return _cannot_tell(unknown.reason), None

    def _list(self, uri: str, issuer: str) -> StatusBits:
        """Return the department's own saved list of this address, opened once; raises where there is no usable one."""
        if (uri, issuer) not in self._lists:
            try:
                self._lists[uri, issuer] = self._opened_list(uri, issuer)
            except CredentialError as error:
                self._lists[uri, issuer] = error
        found = self._lists[uri, issuer]
        if isinstance(found, CredentialError):
            raise found
        return found

    def _opened_list(self, uri: str, issuer: str) -> StatusBits:
        token = self.saved.status_lists.get(uri)
        if token is None:
            raise CredentialError(f"no list of {uri} was saved", "status_unknown")
        key = self._trusted(jws.header_of(token).get("kid"))
        bits = statuslist.read_token(token, key.jwk, uri=uri, at=self.at)
        self._check_key(key, issuer, bits.issued_at)
        if self._is_old(bits.issued_at, bits.expires_at):
            raise CredentialError("the list is older than was asked for", "status_list_expired")
        return bits


def _status_of(claims: Mapping[str, Any]) -> tuple[str, int]:
    """Return list and index of a credential (draft-ietf-oauth-status-list section 6.1); "" where it names none."""
    status = claims.get("status")
    entry = status.get("status_list") if isinstance(status, dict) else None
    uri, index = (entry.get("uri"), entry.get("idx")) if isinstance(entry, dict) else ("", 0)
    if isinstance(uri, str) and isinstance(index, int) and not isinstance(index, bool):
        return uri, index
    return "", 0


def _content(code: OfflineCode) -> dict[str, Any]:
    """Return what a code says as JSON holds it, without what it leaves open."""
    said = {name: value for name, value in dataclasses.asdict(code).items() if value not in ("", None)}
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in said.items()}


def _status_answer(value: int) -> Answer:
    if value == statuslist.VALID:
        return _yes("valid")
    return _no("suspended" if value == statuslist.SUSPENDED else "status_invalid")
