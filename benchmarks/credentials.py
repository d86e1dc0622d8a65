"""Issuing and verifying credentials against bare `sd-jwt`, and `licence-verify` on a file against a loop over it.

    python benchmarks/credentials.py [--credentials N] [--processes N] [--seconds S]

Both sides have the same claims, the same number of them hidden, one key and ES256, in the same run. Rates are the best
of three rounds that take turns. `licence-verify` looks at trust, dates and status besides, and prints JSON; the loop
only verifies. `--credentials 100000` measures the file of the target; the default keeps the run under a minute.
"""

import argparse
import contextlib
import datetime as dt
import io
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509.oid import NameOID
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "clients")]

from foundation.clock import now  # noqa: E402
from foundation.keys import SoftwareSigner, new_private_key, software_signer  # noqa: E402
from foundation.reasons import Both  # noqa: E402
from licence_verify import saved  # noqa: E402
from licence_verify.command import main as licence_verify  # noqa: E402
from licences import sdjwt, statuslist  # noqa: E402
from licences.trust import TrustedIssuer, TrustedKey, TrustList, sign_trust_list  # noqa: E402

URL = "https://city.example"
ISSUER, LIST = f"{URL}/departments/L", f"{URL}/status-lists/0199f3a2-7c11-7def-8123-456789abcdef"
DER, KEY = new_private_key()
SIGNER = software_signer(DER)
THEIR_KEY = JWK.from_pyca(load_der_private_key(DER, None))
CLAIMS = {f"certificateField{number:02}": f"成都市规划和自然资源局第{number}号" for number in range(14)}
SIZE = 1 << 20


def plain(index: int) -> dict[str, Any]:
    """Return what stays readable."""
    at = int(now().timestamp())
    status = {"status_list": {"idx": index, "uri": LIST}}
    return {"iss": ISSUER, "vct": f"{URL}/types/1", "iat": at, "nbf": at, "exp": at + 10**8, "status": status}


def issue_ours(index: int) -> str:
    """Issue one credential."""
    return str(sdjwt.issue(plain=plain(index), disclosable=CLAIMS, signer=SIGNER))


def issue_theirs(index: int) -> str:
    """Issue the same by `sd-jwt`."""
    claims = {**plain(index), **{SDObj(name): value for name, value in CLAIMS.items()}}
    header = {"typ": "dc+sd-jwt", "kid": KEY["kid"]}
    return str(SDJWTIssuer(claims, THEIR_KEY, extra_header_parameters=header).sd_jwt_issuance)


def verify_ours(text: str) -> Any:
    """Verify one credential."""
    return sdjwt.verify(sdjwt.parse(text), KEY)


def verify_theirs(text: str) -> Any:
    """Verify the same by `sd-jwt`."""
    return SDJWTVerifier(text, lambda _issuer, _header: THEIR_KEY).get_verified_payload()


def rate(work: Callable[[Any], Any], values: list[Any], seconds: float) -> float:
    """Return how often a second `work` is done, going round `values` for `seconds`."""
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for value in values:
            work(value)
        done += len(values)
    return done / (time.perf_counter() - start)


def taking_turns(
    ours: Callable[[Any], Any], theirs: Callable[[Any], Any], values: list[Any], seconds: float
) -> tuple[float, float]:
    """Return the best rate of each of three rounds, so that what else the machine does strikes both."""
    rounds = [(rate(ours, values, seconds / 3), rate(theirs, values, seconds / 3)) for _ in range(3)]
    return max(one for one, _ in rounds), max(other for _, other in rounds)


def root_certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a root for the trust list."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now()).not_valid_after(now() + dt.timedelta(days=30))
    return dated.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def save_lists(folder: Path) -> None:
    """Write what `licence-verify fetch` would, with a status list of a million licences, one in a hundred revoked."""
    key, term = ec.generate_private_key(ec.SECP256R1()), dt.timedelta(days=7)
    root = root_certificate(key)
    trusted = TrustedKey(KEY["kid"], KEY["alg"], KEY, (), now(), issuer=ISSUER)
    department = TrustedIssuer(ISSUER, "L", Both("规划局", "Planning"), "", (trusted,))
    trust = TrustList(URL, now(), now() + term, root, (department,))
    values = dict.fromkeys(range(0, SIZE, 100), statuslist.INVALID)
    token = statuslist.sign_token(
        uri=LIST,
        values=values,
        size=SIZE,
        at=now(),
        ttl=dt.timedelta(minutes=1),
        expires_at=now() + term,
        signer=SIGNER,
    )
    (folder / saved.STATUS_LISTS).mkdir()
    (folder / saved.ROOT).write_bytes(root)
    (folder / saved.TRUST_LIST).write_text(sign_trust_list(trust, SoftwareSigner(key)))
    (folder / saved.STATUS_LISTS / saved.name_of(LIST)).write_text(token)


def loop(path: Path, processes: int) -> float:
    """Return the seconds in which `sd-jwt` verifies every line of a file."""
    start = time.perf_counter()
    with path.open() as lines:
        if processes == 1:
            for line in lines:
                verify_theirs(line.strip())
        else:
            # Forked, so that every process has the same key.
            with Pool(processes) as pool:
                for _ in pool.imap(_verified, map(str.strip, lines), chunksize=200):
                    pass
    return time.perf_counter() - start


def _verified(text: str) -> bool:
    return bool(verify_theirs(text))


def command(folder: Path, path: Path, processes: int) -> float:
    """Return the seconds in which `licence-verify` answers every line of a file in JSON."""
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        licence_verify(["check", str(folder), str(path), "--json", "--processes", str(processes)])
    seconds = time.perf_counter() - start
    lines = out.getvalue().splitlines()
    if sum('"signature_right"' in line for line in lines) != len(lines):
        raise SystemExit("a credential was not verified")
    return seconds


def main() -> None:
    """Print rates and ratios as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--credentials", type=int, default=8000, help="lines of the file (default: 8000)")
    parser.add_argument("--processes", type=int, default=1, help="for the file, on both sides (default: 1)")
    parser.add_argument("--seconds", type=float, default=3, help="for each rate (default: 3)")
    options = parser.parse_args()
    say("| work | ours /s | sd-jwt /s | ratio |")
    say("| --- | --- | --- | --- |")
    row("issue, 14 claims hidden", *taking_turns(issue_ours, issue_theirs, list(range(50)), options.seconds))
    texts = [issue_ours(index) for index in range(50)]
    row("verify, 14 disclosed", *taking_turns(verify_ours, verify_theirs, texts, options.seconds))
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "credentials.txt"
        save_lists(folder)
        with path.open("w") as file:
            for index in range(options.credentials):
                file.write(issue_ours(index * 997 % SIZE) + "\n")
        theirs = options.credentials / loop(path, options.processes)
        ours = options.credentials / command(folder, path, options.processes)
        row(f"licence-verify, {options.credentials} lines, {options.processes} process(es)", ours, theirs)


def row(work: str, ours: float, theirs: float) -> None:
    """Print one line of the table."""
    say(f"| {work} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |")


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
