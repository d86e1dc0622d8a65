"""Where messages may be sent, and where they may not, whatever a name leads to."""

import ipaddress
import socket
from typing import TYPE_CHECKING, Any

import pytest

from config.sharing import Sharing
from exchange.subscriptions.addresses import check_address, may_reach
from exchange.subscriptions.errors import AddressNotAllowed
from exchange.subscriptions.posting import post
from tests.exchange.receiving import Answering, endpoint

if TYPE_CHECKING:
    from pytest_django import Settings

STRICT = Sharing("head_data", frozenset(), (), plain_http=False)
CLOSED = Sharing(
    "head_data", frozenset({"hooks.gov.internal"}), (ipaddress.ip_network("10.20.0.0/16"),), plain_http=True
)


@pytest.mark.parametrize(
    "text", ["https://hooks.example.cn/x", " https://hooks.example.cn:8443/ ", "https://[2606:4700::1]/"]
)
def test_public_addresses_by_https_are_taken(text: str) -> None:
    assert check_address(text, STRICT) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "http://hooks.example.cn/", "ftp://hooks.example.cn/", "hooks.example.cn", "", "https://", "https://a b/",
        "https://user:pw@hooks.example.cn/", "https://hooks.example.cn/#x", "https://hooks.example.cn:0/",
        "https://hooks.example.cn:99999/", "https://例子.cn/", "https://h/\r\nX: y", "https://" + "a" * 600 + "/",
        "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://0.0.0.0/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://[fe80::1]/", "https://[fd00::1]/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_all_others_are_refused(text: str) -> None:
    with pytest.raises(AddressNotAllowed):
        check_address(text, STRICT)


def test_a_closed_network_lists_its_hosts_and_networks() -> None:
    for text in ("http://hooks.gov.internal/x", "https://10.20.3.4/", "http://10.20.3.4/"):
        assert check_address(text, CLOSED)
    for text in ("http://10.21.0.1/", "https://10.21.0.1/", "http://hooks.example.cn/"):
        with pytest.raises(AddressNotAllowed):
            check_address(text, CLOSED)
    private = [ipaddress.ip_address("10.99.0.1")]
    assert may_reach("hooks.gov.internal", private, CLOSED)
    assert not may_reach("hooks.example.cn", private, CLOSED)


def test_of_several_addresses_all_must_be_allowed() -> None:
    both = [ipaddress.ip_address("1.1.1.1"), ipaddress.ip_address("127.0.0.1")]
    assert not may_reach("hooks.example.cn", both, STRICT)


def _leading_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    asked: list[str] = []

    def resolve(host: str, port: int, *args: Any, **values: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_that_leads_inside_is_blocked_when_the_connection_is_made(
    settings: "Settings", monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHARING = STRICT
    with endpoint() as here:
        port = here.address.split(":")[2].split("/")[0]
        asked = _leading_to(monkeypatch, "127.0.0.1")
        posted = post(f"https://hooks.example.cn:{port}/", b"{}", {})
        assert (posted.status, posted.grounds.code) == (0, "delivery_blocked")
        assert asked == ["hooks.example.cn"]
        assert here.received == []


def test_an_endpoint_that_answers_too_slowly_or_not_at_all_ends_the_call(
    settings: "Settings", monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    monkeypatch.setattr("exchange.subscriptions.posting.SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        posted = post(address, b"{}", {})
        assert posted.grounds.code == "delivery_timed_out"
    posted = post(address, b"{}", {})
    assert posted.grounds.code == "delivery_unreachable"


def test_of_a_long_answer_only_the_beginning_is_read(settings: "Settings") -> None:
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    with endpoint() as here:
        here.answer = Answering(200, body=lambda received: b"x" * 1_000_000)
        assert len(post(here.address, b"{}", {}).body) == 4096


def test_no_proxy_of_the_environment_is_used(settings: "Settings", monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SHARING = Sharing("head_data", frozenset(), (ipaddress.ip_network("127.0.0.0/8"),), plain_http=True)
    with endpoint() as proxy, endpoint() as here:
        here.answer = Answering(200)
        monkeypatch.setenv("http_proxy", proxy.address)
        assert post(here.address, b"{}", {}).status == 200
        assert proxy.received == []
