"""Bytes to UTF-8: which encoding a text file is in, and a UTF-8 copy of it where it is in another.

Decided over the whole file, not a sample: a million-row export may hold its first umlaut in the last row.
- a byte order mark decides (UTF-8, UTF-16 either way); UTF-16 without one shows by its zero bytes
- valid UTF-8 is UTF-8
- otherwise Windows-1252, a superset of what ISO-8859-1 text uses; its five unassigned bytes become control characters
- a file that is UTF-8 but for a few bad bytes stays UTF-8, and only those bytes are read as Windows-1252
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

CHUNK = 1 << 22


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: the offending bytes as Windows-1252, the unassigned ones as the control characters they are."""
    assert isinstance(error, UnicodeDecodeError)
    bad = error.object[error.start : error.end]
    text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in bad)
    return text, error.end


codecs.register_error("evenkeel_windows_1252", _as_windows_1252)


def detect(path: Path) -> str:
    """"utf-8", "utf-8-sig" (with byte order mark), "utf-16-le", "utf-16-be", "windows-1252" or "utf-8 with errors"."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    # Western text in UTF-16 has a zero in nearly every other byte, on one side only.
    if zeros_odd > len(head) // 4 and zeros_even < zeros_odd // 20:
        return "utf-16-le"
    if zeros_even > len(head) // 4 and zeros_odd < zeros_even // 20:
        return "utf-16-be"
    if _is_utf8(path):
        return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    return "utf-8 with errors" if _mostly_utf8(path) else "windows-1252"


def to_utf8(path: Path, encoding: str, copy: Path, progress: Callable[[int], None] = lambda done: None) -> Path:
    """`path` itself if it is UTF-8 already, else `copy`, written as UTF-8; streamed. `progress` gets bytes read so far."""
    if encoding in ("utf-8", "utf-8-sig"):
        return path
    codec = "utf-8" if encoding == "utf-8 with errors" else encoding
    # A cut-off UTF-16 file may end in half a character; that is no reason to refuse the rest.
    errors = "replace" if codec.startswith("utf-16") else "evenkeel_windows_1252"
    decoder = codecs.getincrementaldecoder(codec)(errors)
    done = 0
    with path.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(CHUNK):
            done += len(chunk)
            text = decoder.decode(chunk)
            if done == len(chunk):
                text = text.removeprefix("\ufeff")
            target.write(text.encode("utf-8", "replace"))
            progress(done)
        target.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    return copy


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2[\x80-\xbf]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def _mostly_utf8(path: Path) -> bool:
    """Whether most bytes outside ASCII belong to well-formed UTF-8 characters."""
    inside = total = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            total += sum(len(run) for run in _NOT_ASCII.findall(chunk))
            inside += sum(len(character) for character in _MULTIBYTE.findall(chunk))
    return inside > 0.9 * total
