"""Documents with hostile names, sent by a contact: every file stays in its folder."""

import os
from pathlib import Path

from peers.house import SAM, open_house

NAMES = [
    "../../x",
    "../../../../../../../../etc/cron.d/x",
    "..\\..\\x.txt",
    "/etc/passwd",
    "/",
    "C:\\Windows\\win.ini",
    "\\\\host\\share\\x",
    "a\x00b.pdf",
    "\x00",
    "x" * 300 + ".pdf",
    "é" * 300 + ".pdf",
    "." * 300,
    ".",
    "..",
    "...",
    ".htaccess",
    "CON",
    "con.txt",
    "nul.pdf",
    "LPT1",
    "\u202efdp.exe",
    "a\r\nSet-Cookie: x.pdf",
    "a\tb.pdf",
    "equal.pdf",
    "equal.pdf",
    "EQUAL.pdf",
    "",
    "   ",
    "name. . .",
    "messages.db",
    "a/b/c.pdf",
    "~root",
    "$(touch x).pdf",
    "-rf",
    "a:b|c?d*e<f>g\"h.pdf",
    "\ud83d\ude00.pdf",
]  # fmt: skip


async def test_hostile_names_stay_in_their_folder_with_their_own_bytes(tmp_path: Path) -> None:
    names = [name.encode("utf-16", "surrogatepass").decode("utf-16") for name in NAMES]
    root = tmp_path / "root"
    async with open_house(root / "store") as house:
        outside = _files(root) - _files(house.store)
        folder = house.store / f"{SAM}@s.whatsapp.net"
        sent: dict[str, bytes] = {}
        for name in names:
            data = os.urandom(64)
            sent[await house.person_sends(SAM, data, kind="document", filename=name)] = data
        stored: set[Path] = set()
        for message_id, data in sent.items():
            ((filename,),) = await house.until_rows(
                "SELECT filename FROM messages WHERE id = ? AND media_state = 'available'",
                message_id,
            )
            path = folder / filename
            assert path.parent == folder
            assert path.resolve().parent == folder.resolve()
            assert path.read_bytes() == data
            stored.add(path)
        assert len(stored) == len(names)
        assert len({path.name.casefold() for path in stored}) == len(names)
        assert _files(root) - _files(house.store) == outside
        assert not list(house.store.rglob("*.part"))


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
