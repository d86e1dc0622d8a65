"""The worked example of docs/licences.md is a real licence: it verifies, and says what the page says."""

import datetime as dt
import json
from pathlib import Path

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from licences.fields import FIELDS
from licences.numbering import Identifier, parse_identifier
from licences.offline import read_code
from licences.sdjwt import check_times, parse, split_claims
from licences.statuslist import VALID, read_token

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "licences.md").read_text("utf-8")
AT = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def _example(name: str) -> str:
    return (DOCS / "examples" / name).read_text("utf-8").strip()


KEY = json.loads(_example("key.json"))


def test_the_credential_says_what_the_page_says() -> None:
    plain, disclosed = split_claims(parse(_example("credential.txt")), KEY)
    check_times(plain, AT)
    for name, value in disclosed.items():
        means = FIELDS[name].zh if name.startswith("certificate") else "the type's own"
        assert f"| `{name}` | {means} | {value} |" in PAGE
    assert len(disclosed) == PAGE.count("| the type's own |") + sum(
        f"| `{name}` |" in PAGE for name in FIELDS if name.startswith("certificate")
    )
    for name in ("iss", "vct", "iat", "nbf"):
        assert f"| `{name}` | `{plain[name]}` |" in PAGE
    assert f"index `{plain['status']['status_list']['idx']}`" in PAGE
    identifier = parse_identifier(disclosed["certificateIdentifier"])
    assert isinstance(identifier, Identifier)


def test_another_implementation_reads_it_too() -> None:
    key = JWK(**{name: KEY[name] for name in ("kty", "crv", "x", "y")})
    payload = SDJWTVerifier(_example("credential.txt"), lambda issuer, header: key).get_verified_payload()
    assert payload["certificateNumber"] in PAGE


def test_the_status_list_says_that_it_is_valid() -> None:
    plain, _ = split_claims(parse(_example("credential.txt")), KEY)
    place = plain["status"]["status_list"]
    assert read_token(_example("status-list.txt"), KEY, uri=place["uri"], at=AT).value(place["idx"]) == VALID


def test_the_offline_code_names_the_same_licence() -> None:
    _, disclosed = split_claims(parse(_example("credential.txt")), KEY)
    code = read_code(_example("code.txt"), {KEY["kid"]: KEY}.get)
    assert (code.identifier, code.number) == (disclosed["certificateIdentifier"], disclosed["certificateNumber"])
    assert (code.type_name, code.holder) == (disclosed["certificateName"], disclosed["certificateHolderName"])


@pytest.mark.parametrize("name", ["credential.txt", "code.txt", "key.json", "status-list.txt"])
def test_the_page_links_each_file(name: str) -> None:
    assert f"(examples/{name})" in PAGE
