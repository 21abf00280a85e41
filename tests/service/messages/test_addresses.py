"""Webhooks lead to public addresses only."""

import socket

import pytest

from service.messages.addresses import BadAddress, PrivateAddress, is_public, looked_up, target


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:c0a8:101::", "::127.0.0.1",
    "2001:db8::1", "no address",
])
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_outer_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_every_way_to_write_loopback_is_refused(host: str) -> None:
    with pytest.raises(BadAddress):
        looked_up(target(f"http://{host}/x"))


def test_one_inner_address_among_outer_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(PrivateAddress, match=r"mes\.example lies in a private network"):
        looked_up(target("https://mes.example/x"))


@pytest.mark.parametrize("url", [
    "ftp://mes.example/", "https://", "mes.example", "https://mes.example:99999/", "https://a b.example/",
    "https://mes.example/a b", "https://mes.example/\r\nX: y", "https://user:pass@mes.example/", "http://[::1/",
    "https://mes.example:0/", "file:///etc/passwd", "https://" + "a" * 70 + ".example/",
])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        target(url)
