"""Reads the small text files that people write: regular, UTF-8, and with no hidden characters."""

import os
import re
import stat
from pathlib import Path
from typing import Final

from penstock.errors import Fault, Refused

__all__ = ["MAX_BYTES", "checked", "decoded", "read_regular", "reason_of"]

#: The largest file that is read: a pipeline of 2,000 lines has a quarter of it.
MAX_BYTES: Final = 256 * 1024

#: At most so many faults of one kind are listed: nobody reads more.
_MOST = 50

#: What may not stand in a file as it is: control characters, the line ends that only some tools
#: see, a byte order mark inside the text, half of a surrogate pair.
_UNWELCOME = re.compile(
    "\r(?!\n)"
    "|[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_regular(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the content of the regular file *path* (a link to one is followed).

    Raise ``Refused`` for what is missing, unreadable, longer than *limit* bytes, or no regular
    file: a FIFO would block and a device would never end.
    """
    try:
        _must_be_regular(path.stat().st_mode, path)  # before opening: to open a device may act
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _must_be_regular(os.fstat(descriptor).st_mode, path)
            content = file.read(limit + 1)
    except OSError as error:
        fault = Fault(
            f"cannot be read: {reason_of(error)}", "check the path and its permissions", str(path)
        )
        raise Refused(fault) from error
    except ValueError as error:  # a NUL in the path
        raise Refused(Fault(f"{str(path)!r} is not a path; check it")) from error
    if len(content) > limit:
        raise _too_large(str(path), limit)
    return content


def decoded(content: bytes, file: str) -> str:
    """Return *content* as text, without its byte order mark, lines ending in ``\\n``.

    Raise ``Refused`` for what is not UTF-8 (naming the byte) or fails ``checked``.
    """
    if content.startswith(_UTF16):
        message = f"byte 0x{content[0]:02x} at the beginning: this is UTF-16"
        raise Refused(Fault(message, "save the file as UTF-8", file, 1, 1))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        fault = Fault(message, "save the file as UTF-8", file, *_place(before, len(before)))
        raise Refused(fault) from error
    return checked(text, file)


def checked(text: str, file: str) -> str:
    """Return *text* without its byte order mark, lines ending in ``\\n``.

    Raise ``Refused`` for a text longer than ``MAX_BYTES``, or with every character in it that
    a reader cannot see or that tools read differently.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _too_large(file, MAX_BYTES)
    text = text.removeprefix("\ufeff")
    faults = []
    for match in _UNWELCOME.finditer(text):
        message, hint = _unwelcome(match.group())
        faults.append(Fault(message, hint, file, *_place(text, match.start())))
        if len(faults) == _MOST:
            break
    Refused.unless_empty(faults)
    return text.replace("\r\n", "\n")


def reason_of(error: OSError) -> str:
    """Return why the system refused, such as ``permission denied``."""
    return (error.strerror or str(error)).lower()


def _unwelcome(character: str) -> tuple[str, str]:
    code = f"U+{ord(character):04X}"
    if character == "\0":
        return "a NUL character", "save the file as plain UTF-8 text"
    if character == "\r":
        return "a carriage return without a line feed", "save the file with LF line ends"
    if character == "\ufeff":
        return "a byte order mark inside the text", "delete this invisible character"
    if character in "\x85\u2028\u2029":
        what = f"the line separator {code}, which only some tools take for the end of a line"
    elif "\ud800" <= character <= "\udfff":
        return f"half of a surrogate pair, {code}", "write the whole character"
    else:
        what = f"the control character {code}"
    return what, f'delete it, or write it as "\\u{ord(character):04x}" in double quotes'


def _must_be_regular(mode: int, path: Path) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFSOCK: "a socket",
    }
    kind = kinds.get(stat.S_IFMT(mode), "something else")
    raise Refused(Fault(f"is {kind}, not a file", "name a regular file", str(path)))


def _too_large(file: str, limit: int) -> Refused:
    message = f"larger than {limit // 1024} KiB"
    return Refused(Fault(message, "split it into several files", file))


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
