"""A PKCS#11 token of SoftHSM, made for one test in a folder of its own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest

from foundation.tokens import Token
from licences import keystore

LABEL, PIN = "licences-of-tests", "1357924680"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftToken:
    module: str
    label: str = LABEL
    pin: str = PIN

    def opened(self) -> Token:
        return Token(self.module, self.label, self.pin)


def module() -> str:
    """Return the library's path; where it is missing the test is skipped, but never in CI."""
    found = next((path for path in MODULES if Path(path).exists()), "")
    if not found and os.environ.get("CI"):
        pytest.fail("SoftHSM (softhsm2) is not installed, and in CI nothing may be skipped")
    if not found:
        pytest.skip("SoftHSM (softhsm2) is not installed on this machine")
    return found


def restart(library: str) -> None:
    """Let the library forget everything, as a new process would find it."""
    keystore._token.cache_clear()
    pkcs11.lib(library).reinitialize()


@pytest.fixture
def soft_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    """Make an empty token; the library forgets it afterwards."""
    library, store, configuration = module(), tmp_path / "tokens", tmp_path / "softhsm2.conf"
    store.mkdir()
    configuration.write_text(
        f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    pins = ["--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", LABEL, *pins], check=True, capture_output=True
    )
    restart(library)
    yield SoftToken(library)
    restart(library)
