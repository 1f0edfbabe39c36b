"""File names that somebody would send to do harm."""

RESERVED = (
    {"CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"}
    | {f"COM{n}" for n in range(10)}
    | {f"LPT{n}" for n in range(10)}
)

HOSTILE_NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\evil.dll",
    "/etc/passwd",
    "\\\\server\\share\\x",
    "C:\\autoexec.bat",
    "C:evil.txt",
    "evil.txt:stream",
    "..",
    ".",
    "...",
    "",
    "   ",
    ".bashrc",
    ".ssh/authorized_keys",
    "con",
    "CON.txt",
    "nul.tar.gz",
    "COM1",
    "lpt9.pdf",
    "aux .txt",
    "name\0.jpg",
    "a\r\nSet-Cookie: x",
    "invoice\u202efdp.exe",
    "zero\u200bwidth\ufeff.pdf",
    "é" * 300 + ".pdf",
    "x" * 5000,
    "e\u0301" * 200 + ".txt",
    "\ud800broken.pdf",
    "trailing dot.",
    "trailing blank ",
    "~/.profile",
    "$(rm -rf ~).txt",
    "`id`.txt",
    "a" * 145 + ".a_very_long_extension_that_is_none",
    "-rf",
    "\u2028\u2029",
    "😀" * 100,
    "<script>alert(1)</script>.html",
    "media",
    "messages.db",
]
