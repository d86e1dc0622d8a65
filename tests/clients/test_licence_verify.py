"""The command `licence-verify`: two answers apart, each refusal with its own reason, no network and no Django."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine

from foundation.keys import new_private_key, software_signer
from licence_verify.command import main
from licences import jws
from licences.sdjwt import Credential, present
from tests.clients.city import AT, DAY, HOUR, ISSUER, LIST, OTHER, REVOKED, SUSPENDED, City

CITY = City()
FOREIGN = software_signer(new_private_key()[0])
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return CITY.save(tmp_path / "saved")


def _found(capsys: pytest.CaptureFixture[str], folder: Path, licence: object, *options: str) -> tuple[int, Any]:
    code = main(["check", str(folder), str(licence), "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def _answers(found: Any) -> tuple[bool | None, str, bool | None, str]:
    validity = found["validity"] or {"holds": None, "reason": ""}
    return found["signature"]["holds"], found["signature"]["reason"], validity["holds"], validity["reason"]


RIGHT = (True, "signature_right")


def test_a_valid_credential_is_told_as_valid_with_what_it_says(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code, found = _found(capsys, folder, CITY.credential())
    assert code == 0
    assert _answers(found) == (*RIGHT, True, "valid")
    assert (found["kind"], found["issuer"]) == ("credential", {"zh": "规划局", "en": "Planning"})
    assert found["content"]["certificateNumber"] == "成国土〔2026〕1号"
    assert found["status_list_at"] == (AT - HOUR).isoformat()
    assert found["trust_list"] == {
        "issued_at": (AT - HOUR).isoformat(),
        "expires_at": (AT - HOUR + 7 * DAY).isoformat(),
    }


def test_a_presentation_is_read_like_the_credential_in_it(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    shown = present(CITY.credential(), ["certificateName"], signer=FOREIGN, audience="a", nonce="n", at=AT)
    code, found = _found(capsys, folder, shown)
    assert (code, "certificateNumber" in found["content"]) == (0, False)


def _times(**days: float) -> dict[str, int]:
    return {name: int((AT + value * DAY).timestamp()) for name, value in days.items()}


@pytest.mark.parametrize(
    ("how", "validity"),
    [
        ({"index": REVOKED}, (False, "status_invalid")),
        ({"index": SUSPENDED}, (False, "suspended")),
        (_times(exp=-1), (False, "expired")),
        (_times(nbf=1), (False, "not_yet_valid")),
        ({"index": None}, (None, "status_unknown")),
        ({"index": 5000}, (None, "status_index_outside")),
        ({"index": REVOKED, **_times(exp=-1)}, (False, "expired")),
    ],
)
def test_a_right_signature_does_not_make_a_licence_valid(
    capsys: pytest.CaptureFixture[str], folder: Path, how: dict[str, Any], validity: tuple[bool | None, str]
) -> None:
    code, found = _found(capsys, folder, CITY.credential(**how))
    assert _answers(found) == (*RIGHT, *validity)
    assert code == (1 if validity[0] is False else 2)


def _tampered(change: dict[str, Any]) -> Credential:
    good = CITY.credential()
    header, payload = jws.unverified(good.jwt)
    parts = [jws.encode(json.dumps(part).encode()) for part in (header, payload | change)]
    return Credential(".".join((*parts, good.jwt.rpartition(".")[2])), good.disclosures)


def _with_algorithm(name: str) -> Credential:
    good = CITY.credential()
    header, payload = jws.unverified(good.jwt)
    parts = [jws.encode(json.dumps(part).encode()) for part in (header | {"alg": name}, payload)]
    return Credential(".".join((*parts, "" if name == "none" else "AAAA")), good.disclosures)


def _under_a_trusted_name() -> Credential:
    good = CITY.credential()
    message = good.jwt.rpartition(".")[0]
    return Credential(f"{message}.{jws.encode(FOREIGN.sign(message.encode()))}", good.disclosures)


GOOD = CITY.credential()


@pytest.mark.parametrize(
    ("licence", "reason"),
    [
        (_tampered({"exp": 4102444800}), "signature_invalid"),
        (_under_a_trusted_name(), "signature_invalid"),
        (CITY.credential(signer=FOREIGN), "key_not_trusted"),
        (CITY.credential(signer=CITY.other), "key_of_other_issuer"),
        (CITY.credential(iss=OTHER), "key_of_other_issuer"),
        (_with_algorithm("none"), "unsigned"),
        (_with_algorithm("HS256"), "algorithm_refused"),
        (Credential(GOOD.jwt, (*GOOD.disclosures, GOOD.disclosures[0])), "disclosure_doubled"),
        (Credential(GOOD.jwt, CITY.credential().disclosures), "disclosure_foreign"),
        (Credential(CITY.status_list(), ()), "token_kind_wrong"),
        ("a.b.c~", "credential_malformed"),
        ("no licence at all", "credential_malformed"),
        (CITY.code(signer=FOREIGN), "key_not_trusted"),
        (CITY.code(signer=CITY.other), "key_of_other_issuer"),
        (CITY.code()[:-3], "code_malformed"),
        ("LX1:", "code_malformed"),
    ],
)
def test_what_is_not_signed_as_it_should_be_is_refused_for_its_own_reason(
    capsys: pytest.CaptureFixture[str], folder: Path, licence: object, reason: str
) -> None:
    code, found = _found(capsys, folder, licence)
    assert (code, _answers(found)) == (1, (False, reason, None, ""))
    assert (found["content"], found["issuer"]) == ({}, None)


@pytest.mark.parametrize(
    ("how", "validity"),
    [
        ({}, (True, "valid")),
        ({"status_index": REVOKED}, (False, "status_invalid")),
        ({"status_index": SUSPENDED}, (False, "suspended")),
        ({"valid_until": (AT - DAY).date()}, (False, "expired")),
        ({"valid_from": (AT + 2 * DAY).date()}, (False, "not_yet_valid")),
        ({"expires_at": AT, "purpose": "x"}, (False, "copy_expired")),
        ({"expires_at": AT + HOUR, "purpose": "x"}, (True, "valid")),
        ({"status_index": None, "status_uri": ""}, (None, "status_unknown")),
        ({"status_uri": LIST[:-1] + "0"}, (None, "status_unknown")),
    ],
)
def test_an_offline_code_is_told_apart_from_the_licence_it_stands_for(
    capsys: pytest.CaptureFixture[str], folder: Path, how: dict[str, Any], validity: tuple[bool | None, str]
) -> None:
    _, found = _found(capsys, folder, CITY.code(**how))
    assert (found["kind"], *_answers(found)) == ("code", *RIGHT, *validity)
    assert (found["content"]["holder"], found["content"]["number"]) == ("张**", "成国土〔2026〕1号")


@pytest.mark.parametrize("licence", [CITY.credential(), CITY.code()], ids=["credential", "code"])
@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ({"compromised_at": AT}, (False, "key_compromised", None, "")),
        ({"retired_at": AT - 2 * DAY}, (False, "key_retired", None, "")),
        ({"retired_at": AT - HOUR / 2}, (*RIGHT, True, "valid")),
    ],
)
def test_a_key_is_trusted_for_what_it_signed_before_it_retired_and_never_once_compromised(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, licence: object, key: dict[str, Any], answers: tuple[Any, ...]
) -> None:
    folder = CITY.save(tmp_path / "saved", trust=CITY.trust_token(**key))
    assert _answers(_found(capsys, folder, licence)[1]) == answers


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        ((), "status_unknown"),
        ((CITY.status_list(age=8 * DAY),), "status_list_expired"),
        ((CITY.status_list(signer=FOREIGN),), "key_not_trusted"),
        ((CITY.status_list(signer=CITY.other),), "key_of_other_issuer"),
        (("rubbish",), "status_unknown"),
    ],
)
def test_without_a_usable_status_list_nobody_can_tell_whether_a_licence_is_valid(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, lists: tuple[str, ...], reason: str
) -> None:
    code, found = _found(capsys, CITY.save(tmp_path / "saved", lists=lists), CITY.credential())
    assert (code, _answers(found)) == (2, (*RIGHT, None, reason))


def test_an_old_trust_list_cannot_tell_but_a_bad_signature_is_bad_all_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = CITY.save(tmp_path / "saved", trust=CITY.trust_token(age=7 * DAY))
    code, found = _found(capsys, folder, CITY.credential())
    assert (code, _answers(found)) == (2, (None, "trust_list_expired", True, "valid"))
    assert _found(capsys, folder, CITY.credential(signer=FOREIGN))[0] == 1


def test_lists_older_than_the_user_allows_cannot_tell(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert _found(capsys, folder, CITY.credential(), "--max-age", "1.5")[0] == 0
    code, found = _found(capsys, folder, CITY.credential(), "--max-age", "0.5")
    assert (code, _answers(found)) == (2, (None, "trust_list_expired", None, "status_list_expired"))


def test_a_trust_list_is_believed_under_its_root_only(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    other = folder / "other.der"
    other.write_bytes(City().root)
    assert main(["check", str(folder), str(CITY.credential()), "--root", str(other)]) == 2
    assert "not signed by this root" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["root.der", "trust-list.jwt"])
def test_a_folder_that_holds_no_lists_cannot_tell(capsys: pytest.CaptureFixture[str], folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\xff")
    assert main(["check", str(folder), str(CITY.credential())]) == 2
    (folder / name).unlink()
    assert main(["check", str(folder), str(CITY.credential())]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_short_address_needs_the_network(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, found = _found(capsys, folder, "https://city.example/v/ABC")
    assert (code, found["kind"], found["signature"]["reason"]) == (2, "address", "network_needed")


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "用地预审意见 成国土〔2026〕1号",
                "制发机构：规划局",
                "签名：签名正确，由信任名单内的密钥所签。",
                "证照：证照真实有效。",
                "信任名单签发于60分钟前。",
                "状态列表签发于3天前。",
            ],
        ),
        (
            "en",
            [
                "用地预审意见 成国土〔2026〕1号",
                "Issued by Planning",
                "Signature: The signature is right and by a key on the trust list.",
                "Licence: The licence is genuine and valid.",
                "The trust list was signed 60 min ago.",
                "The status list was signed 3 d ago.",
            ],
        ),
    ],
)
def test_people_read_sentences_and_how_old_the_lists_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str, lines: list[str]
) -> None:
    folder = CITY.save(tmp_path / "saved", lists=(CITY.status_list(age=3 * DAY),))
    assert main(["check", str(folder), str(CITY.credential()), "--language", language]) == 0
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(("named", "word"), [("zh_CN.UTF-8", "签名"), ("en_GB.UTF-8", "Signature"), ("C", "Signature")])
def test_the_language_is_the_user_s(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, named: str, word: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", named)
    main(["check", str(folder), str(CITY.credential())])
    assert word in capsys.readouterr().out


def _file(tmp_path: Path, *licences: object) -> Path:
    path = tmp_path / "licences.txt"
    path.write_text("\n".join(map(str, licences)) + "\n", "utf-8")
    return path


def test_a_file_with_one_licence_is_that_licence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path
) -> None:
    code, found = _found(capsys, folder, _file(tmp_path, "", CITY.credential(), ""))
    assert (code, found["kind"]) == (0, "credential")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_file_of_many_is_answered_line_by_line_in_its_order(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path, processes: str
) -> None:
    # Processes of their own have no frozen clock: what they are told is the time at which the command began.
    good = [CITY.credential() for _ in range(450)]
    path = _file(tmp_path, *good[:250], "", CITY.credential(index=REVOKED), "rubbish", CITY.code(), *good[250:])
    assert main(["check", str(folder), str(path), "--json", "--processes", processes]) == 1
    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert [one["line"] for one in found] == [*range(1, 251), *range(252, 455)]
    bad = {one["line"]: _answers(one)[1::2] for one in found if _answers(one) != (*RIGHT, True, "valid")}
    assert bad == {252: ("signature_right", "status_invalid"), 253: ("credential_malformed", "")}
    assert "453/453" in captured.err


def test_a_file_of_many_is_summed_up_for_people(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path
) -> None:
    path = _file(tmp_path, CITY.credential(), CITY.credential(), CITY.credential(index=REVOKED), "rubbish")
    assert main(["check", str(folder), str(path), "--language", "en"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "2 lines: The signature is right and by a key on the trust list. The licence is genuine and valid.",
        "1 lines: The signature is right and by a key on the trust list. The licence is no longer valid.",
        "1 lines: The credential is malformed and cannot be read.",
    ]


@pytest.mark.parametrize(("indexes", "code"), [((1, 2), 0), ((1, None), 2), ((REVOKED, None), 1)])
def test_the_worst_line_of_a_file_decides_the_exit_code(
    tmp_path: Path, folder: Path, indexes: tuple[int | None, ...], code: int
) -> None:
    path = _file(tmp_path, *(CITY.credential(index=index) for index in indexes))
    assert main(["check", str(folder), str(path)]) == code


def test_it_runs_without_django_and_without_what_only_the_platform_needs(tmp_path: Path) -> None:
    folder = CITY.save(tmp_path / "saved")
    program = (
        "import sys\n"
        "for name in ('django', 'rest_framework', 'celery', 'chinese_calendar', 'typst', 'segno', 'numpy'):\n"
        "    sys.modules[name] = None\n"
        "import time_machine\n"
        "from licence_verify.command import main\n"
        f"with time_machine.travel({AT.timestamp()}, tick=False):\n"
        "    sys.exit(main(sys.argv[1:]))\n"
    )
    paths = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "clients"))),
        "PYTHONIOENCODING": "utf-8",
    }
    result = subprocess.run(
        [sys.executable, "-c", program, "check", str(folder), CITY.code(), "--language", "zh"],
        env=paths, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "证照真实有效" in result.stdout


def test_a_credential_of_an_issuer_address_that_looks_alike_is_refused(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert _answers(_found(capsys, folder, CITY.credential(iss=ISSUER + "/"))[1])[1] == "key_of_other_issuer"


def test_a_credential_without_a_time_of_signing_is_refused_once_its_key_is_retired(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = CITY.save(tmp_path / "saved", trust=CITY.trust_token(retired_at=AT - dt.timedelta(minutes=1)))
    assert _answers(_found(capsys, folder, CITY.credential(iat=None))[1])[1] == "key_retired"
