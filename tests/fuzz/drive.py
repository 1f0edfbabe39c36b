"""One fuzz target in a process of its own: `python -m fuzz.drive WHAT TARGET ...`.

`fuzz` lets atheris look for inputs that reach new code, `grow` runs inputs that are ever new and
prints how much memory that took for good, `replay` runs one input from a file; `list` prints every
target with its share of the time.
"""

import argparse
import importlib
import json
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from fuzz.limits import INPUT_LIMIT_S, MAX_BYTES, MEMORY_LIMIT_MB
from scripted.footprint import settled_bytes

if TYPE_CHECKING:
    from fuzz.target import Target

GROWTH_INPUTS: Final = 20_000
"""At most; a slow target runs as many as its time allows."""
_WARM_UP: Final = 0.4
"""Of the inputs or the time: caches fill, pools are opened, arenas are taken."""
_WARM_INPUTS: Final = 1_500
"""At least, for so many seconds more: on a busy machine the time alone is too short for it."""
_PATIENCE_S: Final = 60.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("fuzz", "grow", "replay", "list"))
    parser.add_argument("target", nargs="?", default="")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--corpus", type=Path, default=Path("fuzz-corpus"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", type=Path)
    options = parser.parse_args()
    if options.what == "fuzz":
        _fuzz(options.target, options.corpus, options.seconds, options.seed)
        return
    if options.what == "list":
        _list()
        return
    target = _target(options.target)
    if options.what == "replay":
        target(options.input.read_bytes())
    else:
        sys.stdout.write(json.dumps(_grow(target, options.seconds, options.seed)) + "\n")
    target.close()


def _target(name: str) -> "Target":
    """Imported late: what was imported before the instrumentation is not watched."""
    return cast("Target", importlib.import_module("fuzz.registry").load_target(name))


def _list() -> None:
    targets: dict[str, Target] = importlib.import_module("fuzz.registry").load_all()
    shares = {name: target.share for name, target in targets.items()}
    sys.stdout.write(json.dumps(shares) + "\n")


def _fuzz(name: str, folder: Path, seconds: float, seed: int) -> None:
    """Never returns: libFuzzer ends the process, with its figures on the error output."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["wigwag"]):
        target = _target(name)
    corpus, crashes = folder / name, folder / "crashes"
    for place in (corpus, crashes):
        place.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)

    def mutate(data: bytes, most: int, number: int) -> bytes:
        chance = random.Random(number)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return target.mutate(bytes(data), chance)[:most]

    arguments = (
        f"-max_total_time={int(seconds)}",
        f"-timeout={INPUT_LIMIT_S}",
        f"-rss_limit_mb={MEMORY_LIMIT_MB}",
        f"-max_len={MAX_BYTES}",
        f"-seed={seed}",
        f"-artifact_prefix={crashes}/{name}-",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], target, custom_mutator=mutate)
    atheris.Fuzz()


def _grow(target: "Target", seconds: float, seed: int) -> dict[str, int]:
    """Memory in bytes after a warm-up and at the end, and how many inputs lay between."""
    chance, seeds = random.Random(seed), list(target.seeds())

    def run(portion: float, least: int) -> int:
        end = time.monotonic() + portion * seconds
        latest, inputs = end + _PATIENCE_S, 0
        while inputs < portion * GROWTH_INPUTS and time.monotonic() < (
            end if inputs >= least else latest
        ):
            data = chance.choice(seeds)
            for _ in range(chance.randrange(1, 6)):
                data = target.mutate(data, chance)
            target(data)
            inputs += 1
        target.close()  # how far a world has come is not to be weighed
        return inputs

    run(_WARM_UP, _WARM_INPUTS)
    before = settled_bytes()
    inputs = run(1 - _WARM_UP, 0)
    return {"before": before, "after": settled_bytes(), "inputs": inputs}


if __name__ == "__main__":
    main()
