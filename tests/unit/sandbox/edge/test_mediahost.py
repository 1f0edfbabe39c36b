"""The media host: files, bounds, and HTTP as clients speak it."""

import asyncio
import base64
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from scripted.town import Town
from wigwag.model.errors import InvalidInput, MediaTooLarge, NotFound
from wigwag.sandbox.edge.mediahost import HashMismatch, MediaHost, MediaLimits, normal_token
from wigwag.sandbox.network.faults import Fault, FaultKind

BIG = bytes(range(256)) * 8192  # 2 MiB, so on disk


def token_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
def host(tmp_path: Path) -> MediaHost:
    return MediaHost(tmp_path, now=lambda: 5.0)


@pytest.mark.parametrize("data", [b"", b"small", BIG])
def test_what_is_stored_is_loaded(host: MediaHost, data: bytes):
    file = host.store("image", data)
    assert file.direct_path.partition("?")[2], "clients append &hash=.. to the path"
    assert host.load(file.direct_path) == data
    assert host.load(file.direct_path + "&hash=x&mms-type=image&__wa-mms=") == data
    assert (file.path is None) is (len(data) < 65_536)
    assert host.remove(file.direct_path)
    assert not host.remove(file.direct_path)
    with pytest.raises(NotFound):
        host.load(file.direct_path)
    assert not list(host.folder.iterdir())


def test_the_same_bytes_are_one_file(host: MediaHost):
    assert host.store("image", BIG) is host.store("image", BIG)
    assert len(list(host.folder.iterdir())) == 1
    assert host.store("video", BIG) is not host.store("image", BIG)


@pytest.mark.parametrize("data", [b"small", BIG])
def test_an_expired_file_is_found_again_elsewhere(host: MediaHost, data: bytes):
    file = host.store("image", data)
    first = file.direct_path
    digest = hashlib.sha256(data).digest()
    assert host.expire(first)
    assert not host.expire(first)
    assert host.find(first) is None
    assert host.renew("image", digest) is file
    assert (host.find(first), host.load(file.direct_path)) == (None, data)
    assert host.renew("video", digest) is None
    host.expire(file.direct_path)
    assert host.store("image", data) is file
    assert host.load(file.direct_path) == data


def test_an_upload_must_have_the_hash_of_its_token(host: MediaHost):
    upload = host.begin("image", token_of(b"this"))
    upload.write(b"that")
    with pytest.raises(HashMismatch):
        upload.finish()
    for data in (BIG, b"small"):
        upload = host.begin("image", token_of(data).rstrip("="))
        for start in range(0, len(data), 100_000):
            upload.write(data[start : start + 100_000])
        assert upload.finish().token == token_of(data)
    aborted = host.begin("image", None)
    aborted.write(BIG)
    aborted.abort()
    assert len(list(host.folder.iterdir())) == 1


def test_bounds(tmp_path: Path):
    limits = MediaLimits(file=1000, total=2500, memory_file=10, memory=1_000)
    host = MediaHost(tmp_path, limits=limits)
    upload = host.begin("image", None)
    with pytest.raises(MediaTooLarge):
        upload.write(bytes(1001))
    files = [host.store("image", bytes([number]) * 1000) for number in range(4)]
    assert [file.token for file in host.list()] == [file.token for file in files[2:]]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "token", ["", "x", "=" * 44, "é" * 44, base64.b64encode(bytes(31)).decode()]
)
def test_bad_tokens(token: str):
    with pytest.raises(InvalidInput):
        normal_token(token)


def test_a_temporary_folder_goes_away():
    host = MediaHost()
    host.store("image", BIG)
    folder = host.folder
    host.close()
    assert not folder.exists()


class Web:
    """HTTP to the media host through the proxy, as clients do it."""

    def __init__(self, town: Town, session: aiohttp.ClientSession) -> None:
        self.town = town
        self.session = session
        self.context = town.trust()

    def request(self, method: str, path: str, **options: object):
        url = path if path.startswith("https:") else f"https://mmg.whatsapp.net{path}"
        return self.session.request(
            method,
            url,
            proxy=self.town.listener.proxy_url,
            ssl=self.context,
            **options,  # pyright: ignore[reportArgumentType]
        )

    async def upload(self, data: bytes) -> dict[str, str]:
        token = token_of(data).replace("=", "%3D")
        url = f"/mms/image/{token}?auth=a&token={token}"
        async with self.request("POST", url, data=io.BytesIO(data)) as response:
            assert response.status == 200
            return await response.json()


@pytest.fixture
async def web(town: Town) -> AsyncIterator[Web]:
    async with aiohttp.ClientSession() as session:
        yield Web(town, session)


@pytest.mark.parametrize("data", [b"x", BIG])
async def test_upload_and_download(web: Web, data: bytes):
    answer = await web.upload(data)
    assert set(answer) == {"url", "direct_path", "handle"}
    for path in (answer["url"], answer["direct_path"] + "&hash=abc&mms-type=image&__wa-mms="):
        async with web.request("GET", path) as response:
            assert response.status == 200
            assert await response.read() == data
    async with web.request("HEAD", answer["url"]) as response:
        assert response.headers["content-length"] == str(len(data))


async def test_a_wrong_hash_is_refused(web: Web):
    async with web.request("POST", f"/mms/image/{token_of(b'a')}", data=b"b") as response:
        assert response.status == 400
    async with web.request("POST", "/mms/image/nonsense", data=b"b") as response:
        assert response.status == 400
    async with web.request("POST", "/mms", data=b"b") as response:
        assert response.status == 400
    async with web.request("PUT", "/mms/image/x") as response:
        assert response.status == 405
    async with web.request("GET", "/v/image/none.enc?a") as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [
        ("bytes=0-3", 206, BIG[:4]),
        ("bytes=1000000-", 206, BIG[1_000_000:]),
        ("bytes=-5", 206, BIG[-5:]),
        ("bytes=2097151-9999999", 206, BIG[-1:]),
        ("bytes=2097152-", 416, b""),
        ("bytes=9-3", 416, b""),
        ("bytes=x-y", 416, b""),
        ("pages=1-2", 200, BIG),
    ],
)
async def test_ranges(web: Web, header: str, status: int, expected: bytes):
    url = (await web.upload(BIG))["url"]
    async with web.request("GET", url, headers={"Range": header}) as response:
        assert response.status == status
        assert await response.read() == expected


async def test_removal(web: Web):
    first, second = await web.upload(b"first"), await web.upload(b"second")
    async with web.request("DELETE", f"/mms/image/{first['handle']}?token=x") as response:
        assert response.status == 200
    path = first["direct_path"].partition("?")[0]
    async with web.request("GET", path) as response:
        assert response.status == 404
    bare = base64.urlsafe_b64encode(second["direct_path"].partition("?")[0].encode())
    d_md = bare.decode().rstrip("=")
    async with web.request("DELETE", f"/mms/image/-?d_md={d_md}") as response:
        assert response.status == 200
    assert not web.town.media.list()


async def test_faults_of_media(web: Web):
    faults = web.town.network.faults
    url = (await web.upload(BIG))["url"]
    for code in (403, 404, 410, 500):
        faults.add(Fault(kind=FaultKind.MEDIA_STATUS, code=code, tag="get"))
        async with web.request("GET", url) as response:
            assert response.status == code
    faults.add(Fault(kind=FaultKind.MEDIA_CORRUPT))
    async with web.request("GET", url) as response:
        data = await response.read()
    assert len(data) == len(BIG)
    assert data != BIG
    faults.add(Fault(kind=FaultKind.MEDIA_CUT, at_bytes=1_000_000))
    with pytest.raises((aiohttp.ClientPayloadError, ConnectionError)):
        async with web.request("GET", url) as response:
            await response.read()
    faults.add(Fault(kind=FaultKind.MEDIA_HANG, delay_s=0.05))
    async with web.request("GET", url) as response:
        assert await response.read() == BIG
    assert not faults.list()


async def test_an_upload_fault_for_one_device(web: Web):
    town = web.town
    town.network.faults.add(
        Fault(kind=FaultKind.MEDIA_STATUS, code=500, target=str(town.account.lid), count=None)
    )
    token, auth = token_of(b"x"), town.account.primary.media_token
    for wanted, query in ((500, f"?auth={auth}"), (200, "?auth=other.1"), (200, "")):
        async with web.request("POST", f"/mms/image/{token}{query}", data=b"x") as response:
            assert response.status == wanted


async def test_a_slow_reader_gets_everything_in_bounded_memory(web: Web):
    data = bytes(24 << 20)
    url = (await web.upload(data))["url"]
    async with web.request("GET", url) as response:
        await asyncio.sleep(0)
        size = 0
        async for chunk in response.content.iter_chunked(1 << 20):
            size += len(chunk)
    assert size == len(data)
