"""The padding that WhatsApp puts around a message before it is encrypted."""

from wigwag.wire.errors import InvalidMessage


def pad(plaintext: bytes, random_byte: int) -> bytes:
    """`plaintext` and n bytes of value n; n is 1 to 15 by the low bits of a random byte."""
    count = random_byte & 15 or 15
    return plaintext + bytes((count,)) * count


def unpad(padded: bytes) -> bytes:
    """The plaintext; as in whatsmeow, a last byte 0 stands for no padding.

    Raises InvalidMessage where the last byte n is not preceded by n - 1 more of it.
    """
    if not padded:
        raise InvalidMessage("The decrypted message is empty.")
    count = padded[-1]
    if not padded.endswith(padded[-1:] * count):
        raise InvalidMessage("The padding of the decrypted message is wrong.")
    return padded[:-count] if count else padded
