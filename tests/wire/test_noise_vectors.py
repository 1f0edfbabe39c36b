"""Noise against a published vector.

The vector Noise_XX_25519_AESGCM_SHA256 of cacophony (haskell-cryptography/cacophony,
vectors/cacophony.txt, public domain), which also snow and other implementations test with. The
handshake is driven here on the symmetric state, since WhatsApp's own leaves the hello's payload
out and has another prologue.
"""

from wigwag.wire.noise import NoiseTransport, SymmetricState
from wigwag.wire.signal.curve import KeyPair, key_pair_from_private

PROLOGUE = bytes.fromhex("4a6f686e2047616c74")
CLIENT_STATIC = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"
CLIENT_EPHEMERAL = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"
SERVER_STATIC = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"
SERVER_EPHEMERAL = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"
HANDSHAKE_HASH = "1b7aefb1125762aa21a252890d00af54519638b76437444538f9a52f21e2e0dc"
MESSAGES = [
    (
        "4c756477696720766f6e204d69736573",
        (
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
            "4c756477696720766f6e204d69736573"
        ),
    ),
    (
        "4d757272617920526f746862617264",
        (
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
            "757117acceb05bd7a45733bc22015c97a9d0cbaf41b80446d5988ff5127235d7"
            "6b79eade70f473d6a4ef521fdcbeda5340d01e028ba793fc059f2724a83af05f"
            "12dda0448a7621a926b379a92477fd"
        ),
    ),
    (
        "462e20412e20486179656b",
        (
            "c90f1cf77eba4e50edb038991565e36c9758943a989229b6051244dc4fbecb69"
            "46744b401af2ee1a5881b65fbb87fd07cb6a328ececc9ce6ce84c399dc332d4f"
            "d521fa4bb7f467ce909395"
        ),
    ),
    (
        "4361726c204d656e676572",
        "bc3fa77f6aca3e8466d7dc6bea10013e88a6a29add5132b461806c",
    ),
    (
        "4a65616e2d426170746973746520536179",
        "250b01074cdfe0df2ecf8ccbf1737b15a2ddb5b52fd9a396604e9c793cee3b3bb9",
    ),
    (
        "457567656e2042f6686d20766f6e2042617765726b",
        "449d4d433b3cdc3d02bf6fc881774b9df54366ebcffb9689bb13f14709822cd7ef42bcdb4d",
    ),
]


class Side:
    """One side of XX as the Noise specification tells it, on the state under test."""

    def __init__(self, static: str, ephemeral: str) -> None:
        self.static = _key_pair(static)
        self.ephemeral = _key_pair(ephemeral)
        self.state = SymmetricState(PROLOGUE)

    def write_hello(self, payload: bytes) -> bytes:
        self.state.mix_hash(self.ephemeral.public)
        self.state.mix_hash(payload)
        return self.ephemeral.public + payload

    def read_hello(self, message: bytes) -> bytes:
        self.remote = message[:32]
        self.state.mix_hash(self.remote)
        self.state.mix_hash(message[32:])
        return message[32:]

    def write_answer(self, payload: bytes) -> bytes:
        self.state.mix_hash(self.ephemeral.public)
        self.state.mix_shared_secret(self.ephemeral.private, self.remote)
        static = self.state.encrypt(self.static.public)
        self.state.mix_shared_secret(self.static.private, self.remote)
        return self.ephemeral.public + static + self.state.encrypt(payload)

    def read_answer(self, message: bytes) -> bytes:
        self.remote = message[:32]
        self.state.mix_hash(self.remote)
        self.state.mix_shared_secret(self.ephemeral.private, self.remote)
        static = self.state.decrypt(message[32:80])
        self.state.mix_shared_secret(self.ephemeral.private, static)
        return self.state.decrypt(message[80:])

    def write_finish(self, payload: bytes) -> bytes:
        static = self.state.encrypt(self.static.public)
        self.state.mix_shared_secret(self.static.private, self.remote)
        return static + self.state.encrypt(payload)

    def read_finish(self, message: bytes) -> bytes:
        static = self.state.decrypt(message[:48])
        self.state.mix_shared_secret(self.ephemeral.private, static)
        return self.state.decrypt(message[48:])


def test_the_published_vector():
    client = Side(CLIENT_STATIC, CLIENT_EPHEMERAL)
    server = Side(SERVER_STATIC, SERVER_EPHEMERAL)
    (hello, hello_sent), (answer, answer_sent), (finish, finish_sent), *later = [
        (bytes.fromhex(payload), bytes.fromhex(sent)) for payload, sent in MESSAGES
    ]
    assert client.write_hello(hello) == hello_sent
    assert server.read_hello(hello_sent) == hello
    assert server.write_answer(answer) == answer_sent
    assert client.read_answer(answer_sent) == answer
    assert client.write_finish(finish) == finish_sent
    assert server.read_finish(finish_sent) == finish
    assert client.state.hash.hex() == server.state.hash.hex() == HANDSHAKE_HASH
    to_server, to_client = client.state.split()
    assert server.state.split() == (to_server, to_client)
    at_client, at_server = (
        NoiseTransport(to_server, to_client),
        NoiseTransport(to_client, to_server),
    )
    # The messages take turns, the hello was the client's: so the fourth is the server's.
    for number, (payload, sent) in enumerate(later):
        writer, reader = (at_client, at_server) if number % 2 else (at_server, at_client)
        assert writer.encrypt(payload) == sent
        assert reader.decrypt(sent) == payload


def _key_pair(private: str) -> KeyPair:
    return key_pair_from_private(bytes.fromhex(private))
