"""Files encrypted and decrypted, MB/s, beside bare AES-256-CBC and one HMAC-SHA256."""

import hashlib
import hmac
import os
from io import BytesIO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from figures import Figure, Report, best_s, parser
from wigwag.model.content import MediaKind
from wigwag.wire.media import CHUNK_BYTES, MediaDecryptor, encrypt_stream


def bare_encryption(data: bytes) -> None:
    encryptor = Cipher(AES(bytes(32)), CBC(bytes(16))).encryptor()
    mac = hmac.new(bytes(32), b"", hashlib.sha256)
    for start in range(0, len(data), CHUNK_BYTES):
        mac.update(encryptor.update(data[start : start + CHUNK_BYTES]))
    mac.digest()


def bare_decryption(data: bytes) -> None:
    decryptor = Cipher(AES(bytes(32)), CBC(bytes(16))).decryptor()
    mac = hmac.new(bytes(32), b"", hashlib.sha256)
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = data[start : start + CHUNK_BYTES]
        mac.update(chunk)
        decryptor.update(chunk)
    mac.digest()


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--megabytes", type=int, default=48)
    report = Report(arguments.parse_args())
    data = os.urandom(report.arguments.megabytes * 1_000_000)
    sink = BytesIO()
    card = encrypt_stream(BytesIO(data), sink, MediaKind.DOCUMENT)
    sealed = sink.getvalue()

    def encrypt() -> None:
        encrypt_stream(BytesIO(data), BytesIO(), MediaKind.DOCUMENT)

    def decrypt() -> None:
        decryptor = MediaDecryptor(MediaKind.DOCUMENT, card.at("/"))
        for start in range(0, len(sealed), CHUNK_BYTES):
            decryptor.update(sealed[start : start + CHUNK_BYTES])
        decryptor.finish()

    size = len(data) / 1e6
    bare = "bare AES-CBC + HMAC (a file needs two more hashes)"
    for name, ours, theirs in (
        ("files encrypted", encrypt, lambda: bare_encryption(data)),
        ("files decrypted and verified", decrypt, lambda: bare_decryption(data)),
    ):
        report.add(
            Figure(
                name=name,
                value=size / best_s(ours, 3),
                unit="MB/s",
                yardstick=size / best_s(theirs, 3),
                yardstick_name=bare,
            )
        )
    report.close()


if __name__ == "__main__":
    main()
