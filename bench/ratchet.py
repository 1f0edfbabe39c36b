"""Signal messages encrypted and decrypted per second, each with the dump of its session record,
beside the bare seven HMACs and one AES-CBC that every message needs."""

from hmac import digest

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from figures import Figure, Report, best_s, parser
from peers.signal_device import Device, connected
from wigwag.wire.signal.sender_keys import (
    SenderKeyRecord,
    create_distribution,
    group_decrypt,
    group_encrypt,
    process_distribution,
)
from wigwag.wire.signal.session import Ciphertext, decrypt_message, encrypt

ROUNDS = 1000
PLAINTEXT = bytes(range(160))


def bare_primitives() -> None:
    for _ in range(ROUNDS):
        key = b"\x01" * 32
        for _ in range(7):
            key = digest(key, PLAINTEXT[:33], "sha256")
        Cipher(AES(key), CBC(key[:16])).encryptor().update(PLAINTEXT)


def encrypt_all(device: Device) -> list[Ciphertext]:
    sealed: list[Ciphertext] = []
    for _ in range(ROUNDS):
        sealed.append(encrypt(device.local, device.record, PLAINTEXT))
        device.record.dump()
    return sealed


def decrypt_all(device: Device, sealed: list[Ciphertext]) -> None:
    for one in sealed:
        decrypt_message(device.local, device.record, one.data)
        device.record.dump()


def one_to_one() -> tuple[float, float]:
    """The best seconds of encrypting and of decrypting ROUNDS messages."""
    alice, bob = connected()
    batches: list[list[Ciphertext]] = []
    encrypting = best_s(lambda: batches.append(encrypt_all(alice)))
    waiting = iter(batches)
    return encrypting, best_s(lambda: decrypt_all(bob, next(waiting)))


def group() -> tuple[float, float]:
    sender, receiver = SenderKeyRecord(), SenderKeyRecord()
    process_distribution(receiver, create_distribution(sender))
    batches: list[list[bytes]] = []

    def send() -> None:
        batches.append([group_encrypt(sender, PLAINTEXT) for _ in range(ROUNDS)])

    def receive(sealed: list[bytes]) -> None:
        for one in sealed:
            group_decrypt(receiver, one)
            receiver.dump()

    encrypting = best_s(send)
    waiting = iter(batches)
    return encrypting, best_s(lambda: receive(next(waiting)))


def main() -> None:
    report = Report(parser(__doc__).parse_args())
    bare = ROUNDS / best_s(bare_primitives)
    sending, receiving = one_to_one()
    group_sending, group_receiving = group()
    for name, seconds in (
        ("messages encrypted (session)", sending),
        ("messages decrypted (session)", receiving),
        ("messages encrypted (group, signed)", group_sending),
        ("messages decrypted (group, verified)", group_receiving),
    ):
        report.add(
            Figure(
                name=name,
                value=ROUNDS / seconds,
                unit="/s",
                yardstick=bare,
                yardstick_name="bare HMACs and AES",
            )
        )
    report.close()


if __name__ == "__main__":
    main()
