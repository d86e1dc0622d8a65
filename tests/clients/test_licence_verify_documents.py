"""`licence-verify` on sealed documents: the seal, the key behind it, and the code inside. No network."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine

from foundation.keys import Signer
from licence_verify.command import main
from licences.pdf.layout import render
from licences.pdf.sealing import seal
from tests.clients.city import AT, DAY, OTHER, REVOKED, City
from tests.licences.papers import page

CITY = City()
RIGHT = (True, "signature_right")


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


def _sealed(code: str, *, signer: Signer = CITY.signer, chain: list[bytes] | None = None) -> bytes:
    document = render(page(offline_code=code))
    return seal(document, signer=signer, chain=chain or CITY.chain, name="规划局", reason="签发证照", location="成都")


def _found(capsys: pytest.CaptureFixture[str], tmp_path: Path, pdf: bytes, **trust: Any) -> tuple[int, Any]:
    folder = CITY.save(tmp_path / "saved", trust=CITY.trust_token(**trust))
    path = tmp_path / "licence.pdf"
    path.write_bytes(pdf)
    code = main(["check", str(folder), str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    validity = found["validity"] or {"holds": None, "reason": ""}
    return code, (found["signature"]["holds"], found["signature"]["reason"], validity["holds"], validity["reason"])


def test_a_sealed_document_is_told_by_its_seal_and_by_the_code_it_carries(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert _found(capsys, tmp_path, _sealed(CITY.code())) == (0, (*RIGHT, True, "valid"))


def test_the_document_of_a_revoked_licence_is_rightly_sealed_and_not_valid(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pdf = _sealed(CITY.code(status_index=REVOKED))
    assert _found(capsys, tmp_path, pdf) == (1, (*RIGHT, False, "status_invalid"))


def test_a_changed_byte_is_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pdf = bytearray(_sealed(CITY.code()))
    place = pdf.index(b"stream") + 20
    pdf[place] ^= 1
    assert _found(capsys, tmp_path, bytes(pdf))[1][:2] == (False, "seal_broken")


def test_a_document_without_a_seal_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pdf = render(page(offline_code=CITY.code())).pdf
    assert _found(capsys, tmp_path, pdf)[1] == (False, "seal_stripped", None, "")


def test_the_seal_of_another_root_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    elsewhere = City()
    pdf = _sealed(CITY.code(), signer=elsewhere.signer, chain=elsewhere.chain)
    assert _found(capsys, tmp_path, pdf)[1] == (False, "seal_not_trusted", None, "")


def test_a_document_that_carries_another_department_s_code_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pdf = _sealed(CITY.code(signer=CITY.other, issuer=OTHER))
    assert _found(capsys, tmp_path, pdf)[1] == (False, "key_of_other_issuer", None, "")


def test_a_document_whose_code_is_not_signed_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert _found(capsys, tmp_path, _sealed("LX1:ABC"))[1] == (False, "code_malformed", None, "")


@pytest.mark.parametrize(
    ("key", "reason"),
    [({"compromised_at": AT}, "key_compromised"), ({"retired_at": AT - DAY / 2}, "key_retired")],
)
def test_a_seal_by_a_key_no_longer_trusted_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, key: dict[str, Any], reason: str
) -> None:
    # The code in it was signed a day ago, the seal now.
    assert _found(capsys, tmp_path, _sealed(CITY.code()), **key)[1] == (False, reason, None, "")


def test_what_is_no_pdf_after_all_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert _found(capsys, tmp_path, b"%PDF-1.7 rubbish")[1] == (False, "document_unreadable", None, "")
