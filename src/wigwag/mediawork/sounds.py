"""Sound: length, shape, and any of it as a voice note. Runs in the child only.

A voice note is mono Opus at 48 kHz in Ogg; what is that already passes through untouched.
"""

# pyright: basic
# The types that PyAV brings are not whole.

import io
import math
import wave
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError

from wigwag.mediawork.containers import duration_s, mime_of, opened
from wigwag.mediawork.job import Refused, Unreadable
from wigwag.mediawork.waveform import Loudness, waveform_of
from wigwag.model.media import Prepared

VOICE_MIME: Final = "audio/ogg; codecs=opus"
RATE: Final = 48_000
BITS_PER_S: Final = 32_000
MAX_VOICE_S: Final = 2 * 3600


def warm_up() -> None:
    """Make a voice note of a moment of silence, so that PyAV imports all it needs for it."""
    silence = io.BytesIO()
    with wave.open(silence, "wb") as writing:
        writing.setparams((1, 2, RATE, 0, "NONE", ""))
        writing.writeframes(bytes(RATE // 5))
    silence.seek(0)
    note = io.BytesIO()
    prepare_voice(silence, note)
    note.seek(0)
    prepare_voice(note, io.BytesIO())


def prepare_audio(source: BinaryIO) -> Prepared:
    """Kind and length; the file stays as it is. Raises Unreadable, Refused."""
    mime = mime_of(source)
    with opened(source) as container:
        _require_sound(container)
        return Prepared(mime=mime, duration_s=math.ceil(duration_s(container)))


def prepare_voice(source: BinaryIO, target: BinaryIO) -> Prepared:
    """A voice note of any sound, written into `target` unless it is one already.

    Raises Unreadable, Refused.
    """
    with opened(source) as container:
        duration_s(container, MAX_VOICE_S)
        _require_sound(container)
        is_voice = container.format.name == "ogg" and _is_mono_opus(container)
        try:
            if is_voice:
                loudness, samples = _heard(container)
            else:
                loudness, samples = _converted(container, target)
        except (FFmpegError, ValueError) as error:
            raise Unreadable("The sound is damaged.") from error
    if not samples:
        raise Unreadable("There is no sound in the file.")
    return Prepared(
        mime=VOICE_MIME,
        duration_s=max(1, math.ceil(samples / RATE)),
        waveform=waveform_of(loudness.finish()),
        converted=not is_voice,
    )


def _require_sound(container: InputContainer) -> None:
    if not container.streams.audio:
        raise Unreadable("There is no sound in the file.")


def _is_mono_opus(container: InputContainer) -> bool:
    context = container.streams.audio[0].codec_context
    return context.name in ("opus", "libopus") and context.channels == 1


def _mono(container: InputContainer) -> Iterator[AudioFrame]:
    """The first sound of the file as mono 16-bit samples at 48 kHz, 20 ms at a time."""
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE, frame_size=RATE // 50)
    samples = 0
    for frame in container.decode(container.streams.audio[0]):
        for ready in resampler.resample(frame):
            samples += ready.samples
            if samples > MAX_VOICE_S * RATE:
                raise Refused("A voice note lasts no longer than two hours.")
            yield ready
    yield from resampler.resample(None)


def _heard(container: InputContainer) -> tuple[Loudness, int]:
    loudness = Loudness()
    samples = 0
    for frame in _mono(container):
        loudness.add(_bytes_of(frame))
        samples += frame.samples
    return loudness, samples


def _converted(container: InputContainer, target: BinaryIO) -> tuple[Loudness, int]:
    loudness = Loudness()
    samples = 0
    with av.open(target, "w", format="ogg") as voice:
        track = voice.add_stream("libopus", rate=RATE, layout="mono")
        track.bit_rate = BITS_PER_S
        for frame in _mono(container):
            loudness.add(_bytes_of(frame))
            frame.pts, frame.time_base = samples, Fraction(1, RATE)
            samples += frame.samples
            voice.mux(track.encode(frame))
        voice.mux(track.encode(None))
    return loudness, samples


def _bytes_of(frame: AudioFrame) -> bytes:
    """The samples without what the decoder keeps behind them."""
    return bytes(frame.planes[0])[: frame.samples * 2]
