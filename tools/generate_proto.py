"""Generate src/wigwag/wire/proto/*_pb2.py and *_pb2.pyi from the .proto files beside them.

    python tools/generate_proto.py            write what changed
    python tools/generate_proto.py --check    write nothing; exit 1 when a file is not current

The protoc of the pinned grpcio-tools writes the same bytes every time, so the generated files are
committed and a change in a .proto shows in the same commit.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc_tools

SOURCE = Path(__file__).resolve().parent.parent / "src"
PROTO = Path("wigwag/wire/proto")


def generate(target: Path) -> None:
    """Run protoc over all .proto files, writing below `target`."""
    names = sorted(str(PROTO / path.name) for path in (SOURCE / PROTO).glob("*.proto"))
    bundled = Path(grpc_tools.__file__).parent / "_proto"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{SOURCE}", f"-I{bundled}"]
    command += [f"--python_out={target}", f"--pyi_out={target}", *names]
    subprocess.run(command, check=True)


def differing(generated: Path) -> list[str]:
    """Names of generated files that are missing, stale or left over in the source tree."""
    fresh = {path.name: path.read_bytes() for path in (generated / PROTO).glob("*_pb2.py*")}
    present = {path.name: path.read_bytes() for path in (SOURCE / PROTO).glob("*_pb2.py*")}
    return sorted(
        name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name)
    )


def update(generated: Path, names: list[str]) -> None:
    """Bring the files `names` of the source tree to their generated state."""
    for name in names:
        fresh = generated / PROTO / name
        current = SOURCE / PROTO / name
        if fresh.exists():
            current.write_bytes(fresh.read_bytes())
        else:
            current.unlink()


def main(arguments: list[str]) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(description="Generate the protobuf modules of wigwag.wire.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = bool(parser.parse_args(arguments).check)
    with tempfile.TemporaryDirectory() as directory:
        generated = Path(directory)
        generate(generated)
        names = differing(generated)
        if check:
            for name in names:
                print(f"{PROTO / name} is not current: run tools/generate_proto.py")
            return 1 if names else 0
        update(generated, names)
        print(f"{len(names)} files written")
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
