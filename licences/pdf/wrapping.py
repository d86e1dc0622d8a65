"""What a CMS signature (RFC 5652) holds beside what is signed: versions, names of algorithms, certificates. Pure.

A reader passes over these, so that a change in them would not be noticed by checking signatures alone.
"""

from collections.abc import Iterator, Sequence

from asn1crypto.algos import DigestAlgorithm
from asn1crypto.cms import ContentInfo
from asn1crypto.core import Null
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

_NULL = Null().dump()


def is_written_plainly(der: bytes, roots: Sequence[bytes]) -> bool:
    """Say whether the signature, and the time stamp in it, read as the standard wants and as somebody vouches for.

    `roots` are DER certificates. Raises `ValueError` and its like where the structure cannot be read.
    """
    return all(part == _plain_form(part) and _are_vouched_for(part, roots) for part in [der, *_stamps(der)])


def _plain_form(der: bytes) -> bytes:
    """Return the signature with versions (sections 5.1 and 5.3) and digest algorithms as they have to be."""
    signed = ContentInfo.load(der)["content"]
    (signer,) = signed["signer_infos"]
    digest = signer["digest_algorithm"]
    values = {"algorithm": digest["algorithm"].native}
    if digest["parameters"].dump() == _NULL:
        values["parameters"] = Null()
    signed["version"] = "v1" if signed["encap_content_info"]["content_type"].native == "data" else "v3"
    signer["version"], signer["digest_algorithm"] = "v1", DigestAlgorithm(values)
    signed["digest_algorithms"], signed["signer_infos"] = [signer["digest_algorithm"]], [signer]
    plain: bytes = ContentInfo({"content_type": "signed_data", "content": signed}).dump(force=True)
    return plain


def _stamps(der: bytes) -> Iterator[bytes]:
    (signer,) = ContentInfo.load(der)["content"]["signer_infos"]
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            yield from (token.dump() for token in attribute["values"])


def _are_vouched_for(der: bytes, roots: Sequence[bytes]) -> bool:
    """Say whether a root, or a certificate here, issued each one but the signer's own, which is trusted or not."""
    signed = ContentInfo.load(der)["content"]
    (signer,) = signed["signer_infos"]
    found = [certificate.chosen for certificate in signed["certificates"]]
    own = [one for one in found if one.serial_number == signer["sid"].chosen["serial_number"].native]
    issuers = [*roots, *(one.dump() for one in found)]
    return all(_is_vouched_for(one.dump(), issuers) for one in found if one not in own)


def _is_vouched_for(certificate: bytes, by: Sequence[bytes]) -> bool:
    return any(_has_issued(other, certificate) for other in by)


def _has_issued(issuer: bytes, certificate: bytes) -> bool:
    try:
        own, other = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
        own.verify_directly_issued_by(other)
    except (InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion, ValueError, TypeError):
        return False
    return True
