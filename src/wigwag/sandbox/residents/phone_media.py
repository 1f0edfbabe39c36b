"""How a phone answers a companion that lacks a file: it uploads the file again, or says why not."""

from typing import Final

from wigwag.model.content import Media, MessageKey
from wigwag.model.jid import Jid
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.sandbox.residents.memory import ChatMemory
from wigwag.sandbox.residents.surroundings import Surroundings
from wigwag.wire.media_retry import (
    IV_BYTES,
    opens_request,
    parse_request,
    retry_answer,
    retry_refusal,
    seal_answer,
)
from wigwag.wire.nodes import Node

_FAULTS: Final = {
    404: RetryResult.NOT_FOUND,
    412: RetryResult.DECRYPTION_ERROR,
    500: RetryResult.FAILED,
}
_NO_SUCH_MESSAGE: Final = 2


class PhoneMedia:
    """The files of the messages that the phone with these addresses remembers."""

    def __init__(
        self, surroundings: Surroundings, memory: ChatMemory, lid: Jid, pn: Jid, random: Random
    ) -> None:
        self._surroundings = surroundings
        self._memory = memory
        self._lid = lid
        self._pn = pn
        self._random = random

    def answer(self, node: Node) -> None:
        """Answer a receipt `server-error`; the fault `media_retry` decides otherwise.

        Raises MalformedNode.
        """
        key, sealed, iv = parse_request(node)
        device = self._surroundings.device_lid(node.require_jid("from"))
        network = self._surroundings.network
        fault = network.board.faults.take(FaultKind.MEDIA_RETRY, self._lid, self._pn)
        if fault is not None and fault.code not in _FAULTS:
            return
        content = self._find(key)
        if content is None or content.ref is None:
            network.push(device, retry_refusal(key, self._pn, _NO_SUCH_MESSAGE))
            return
        media_key = content.ref.media_key
        if fault is not None:
            answer = MediaAnswer(result=_FAULTS[fault.code])
        elif not opens_request(key.id, media_key, sealed, iv):
            answer = MediaAnswer(result=RetryResult.DECRYPTION_ERROR)
        else:
            answer = self._upload_again(content)
        nonce = self._random(IV_BYTES)
        body = seal_answer(key.id, media_key, answer, nonce)
        network.push(device, retry_answer(key, self._pn, body, nonce))

    def _upload_again(self, content: Media) -> MediaAnswer:
        path = self._surroundings.media.renew(content)
        if not path:
            return MediaAnswer(result=RetryResult.NOT_FOUND)
        return MediaAnswer(result=RetryResult.UPLOADED, direct_path=path)

    def _find(self, key: MessageKey) -> Media | None:
        for message in self._memory.messages(key.chat):
            if message.key.id == key.id and isinstance(message.content, Media):
                return message.content
        return None
