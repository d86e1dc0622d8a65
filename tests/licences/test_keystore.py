"""The key store: keys are made sealed or in a token, sign while they are in force, and then no more."""

import logging

import pytest
from pytest_django import Settings

from foundation.clock import now
from foundation.context import PLATFORM
from foundation.keys import open_private_key
from foundation.reasons import Refused
from foundation.signatures import is_signed
from foundation.tokens import TokenUnavailable
from licences.errors import KeyKindUnknown, KeyNotFound, KeyNotInForce, NoSigningKey
from licences.keystore import find_key, key_in_force, make_key, retire_key, rotate_key, signer_for, signer_of
from licences.models import Licence, SigningKey
from licences.outcomes import Outcome
from licences.verification import verify_found
from registry.models import Department
from tests import factories as make
from tests.softhsm import PIN, SoftToken, restart, soft_token

__all__ = ["soft_token"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    make.city(keys="L")


@pytest.fixture
def land() -> Department:
    return make.department("L")


@pytest.fixture
def in_token(soft_token: SoftToken, settings: Settings) -> SoftToken:
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN = soft_token.module, soft_token.label, PIN
    return soft_token


def _outcome(licence: Licence) -> Outcome:
    return verify_found([Licence.objects.get(pk=licence.pk)], at=now()).outcome


# --- Stores ------------------------------------------------------------------------------------------------------


def test_a_key_in_a_token_signs_licences_and_its_row_holds_no_private_half(
    in_token: SoftToken, land: Department
) -> None:
    key = make_key(department=land.pk, actor=PLATFORM, store="pkcs11")
    licence = make.issued()
    assert (licence.signing_key, key.store, bytes(key.private_sealed)) == (key, "pkcs11", b"")
    assert _outcome(licence) is Outcome.VALID
    assert len(key.chain) == 2


def test_a_key_in_a_token_signs_after_the_library_was_loaded_anew(in_token: SoftToken, land: Department) -> None:
    make_key(department=land.pk, actor=PLATFORM, store="pkcs11")
    restart(in_token.module)
    assert _outcome(make.issued()) is Outcome.VALID


def test_without_its_token_a_department_signs_nothing_and_is_told_so(
    in_token: SoftToken, land: Department, settings: Settings
) -> None:
    make_key(department=land.pk, actor=PLATFORM, store="pkcs11")
    settings.PKCS11_TOKEN = "another"
    before = Licence.objects.count()
    with pytest.raises(TokenUnavailable) as caught:
        make.issued()
    assert caught.value.grounds.reason.status == 503
    settings.PKCS11_MODULE = ""
    with pytest.raises(TokenUnavailable, match="none is set"):
        make.issued()
    assert Licence.objects.count() == before


def test_an_sm2_key_signs_licences_and_has_no_certificate(land: Department) -> None:
    key = make_key(department=land.pk, actor=PLATFORM, algorithm="SM2-SM3")
    licence = make.issued()
    assert licence.signing_key == key
    assert _outcome(licence) is Outcome.VALID
    assert key.chain == []
    other = make.issued()
    make.edit(licence, credential=f"{licence.credential.rpartition('.')[0]}.{other.credential.rpartition('.')[2]}")
    assert _outcome(licence) is Outcome.SIGNATURE_INVALID


@pytest.mark.parametrize(("store", "algorithm"), [("pkcs11", "SM2-SM3"), ("software", "RS256"), ("paper", "ES256")])
def test_no_key_of_another_kind_is_made(land: Department, store: str, algorithm: str) -> None:
    before = SigningKey.objects.count()
    with pytest.raises(KeyKindUnknown):
        make_key(department=land.pk, actor=PLATFORM, store=store, algorithm=algorithm)
    assert SigningKey.objects.count() == before


@pytest.mark.parametrize("algorithm", ["ES256", "SM2-SM3"])
def test_no_private_key_is_in_the_database_or_the_log(
    land: Department, algorithm: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = make_key(department=land.pk, actor=PLATFORM, algorithm=algorithm)
    make.issued()
    rotate_key(land.pk, actor=PLATFORM)
    plain = settings.SEALING_RING.open(bytes(key.private_sealed), purpose="signing-key", bound_to=key.key_id.encode())
    number = (
        open_private_key(plain).private_numbers().private_value.to_bytes(32) if algorithm == "ES256" else plain[:32]
    )
    assert int.from_bytes(number)
    kept = make.every_byte() + caplog.text.encode() + repr(vars(signer_for(land.pk, land.name)[1])).encode()
    for form in (number, number.hex().encode(), str(int.from_bytes(number)).encode(), repr(number)[2:-1].encode()):
        assert form not in kept


# --- In force ----------------------------------------------------------------------------------------------------


def test_rotation_makes_a_key_that_signs_and_the_older_stays_good_for_what_it_signed(land: Department) -> None:
    before = make.issued()
    with make.recorded() as entries:
        new = rotate_key(land.pk, actor=PLATFORM)
    assert [(e.action, e.subject) for e in entries] == [
        ("make_key", new.key_id),
        ("retire_key", before.signing_key.key_id),
    ]
    assert make.issued().signing_key == new
    assert _outcome(before) is Outcome.VALID


def test_rotation_retires_every_older_key_and_keeps_store_and_algorithm(in_token: SoftToken, land: Department) -> None:
    make_key(department=land.pk, actor=PLATFORM, store="pkcs11")
    new = rotate_key(land.pk, actor=PLATFORM)
    assert new.store == "pkcs11"
    assert list(SigningKey.objects.filter(department=land, retired_at=None)) == [new]
    assert rotate_key(land.pk, actor=PLATFORM, store="software", algorithm="SM2-SM3").algorithm == "SM2-SM3"


def test_rotation_gives_a_department_without_a_key_its_first() -> None:
    other = make.department("O")
    assert rotate_key(other.pk, actor=PLATFORM) == key_in_force(other.pk)


def test_a_retired_key_signs_no_more_although_it_was_opened_before(land: Department) -> None:
    key, _ = signer_for(land.pk, land.name)
    stale = SigningKey.objects.get(pk=key.pk)
    assert is_signed(b"m", signer_of(key).sign(b"m"), key.public_jwk)
    retire_key(key.key_id, actor=PLATFORM)
    for row in (key, stale, SigningKey.objects.get(pk=key.pk)):
        with pytest.raises(KeyNotInForce):
            signer_of(row)
    with pytest.raises(NoSigningKey):
        signer_for(land.pk, land.name)


def test_a_compromised_key_signs_no_more_although_it_was_opened_before(land: Department) -> None:
    key, _ = signer_for(land.pk, land.name)
    make.edit(key, compromised_at=now())
    with pytest.raises(KeyNotInForce):
        signer_of(key)
    with pytest.raises(NoSigningKey):
        signer_for(land.pk, land.name)


def test_a_key_is_retired_once_and_only_one_that_exists(land: Department) -> None:
    key = key_in_force(land.pk)
    assert key
    retired = retire_key(key.key_id, actor=PLATFORM)
    with make.recorded() as entries, pytest.raises(KeyNotInForce):
        retire_key(key.key_id, actor=PLATFORM)
    assert entries == []
    assert find_key(key.key_id).retired_at == retired.retired_at
    for act in (lambda: retire_key("none", actor=PLATFORM), lambda: find_key("none")):
        with pytest.raises(KeyNotFound):
            act()


def test_a_sealed_key_moved_to_another_row_does_not_open(land: Department) -> None:
    key, other = (make_key(department=land.pk, actor=PLATFORM) for _ in range(2))
    make.edit(other, private_sealed=bytes(key.private_sealed))
    with pytest.raises(Exception, match="altered, or belong elsewhere"):
        make.issued()


def test_a_refused_rotation_leaves_the_key_in_force(land: Department) -> None:
    before = key_in_force(land.pk)
    with pytest.raises(Refused):
        rotate_key(land.pk, actor=PLATFORM, store="pkcs11")
    assert key_in_force(land.pk) == before
