"""Whether a whole CSV file is well-formed: every quotation mark and line end looked at, in one quick pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

SCAN_CHUNK = 1 << 23


@dataclass(frozen=True)
class Scan:
    """What the whole file is like: its records (blank lines not counted), the longest in bytes, its one kind of line end, and
    whether a quoted cell holds a line end."""

    records: int
    longest: int
    line_end: bytes
    has_inner_ends: bool


def scan(path: Path, delimiter: str) -> Scan | None:
    """Check every quotation mark and line end of a UTF-8 file; None where quoting is irregular or line ends are mixed.

    In a well-formed file quotation marks open and close in turn: one that opens stands after a delimiter or line end (or
    right behind the one that closed, which together are an escaped one), one that closes stands before one.
    """
    opens_after = np.zeros(256, bool)
    opens_after[[ord(delimiter), 10, 13, 34]] = True
    quotes_before, inside, previous = 0, 0, 10
    records, longest, record_start, offset = 0, 0, 0, 0
    crlf = lf = inner = 0
    with path.open("rb") as file:
        if file.read(3) == b"\xef\xbb\xbf":
            record_start = offset = 3
        else:
            file.seek(0)
        held = b""
        while True:
            read = file.read(SCAN_CHUNK)
            # The last byte waits for the next chunk, so that its right-hand neighbour is known.
            data = held + read
            held, block = (data[-1:], data[:-1]) if read else (b"", data)
            if not block:
                if not read:
                    break
                continue
            bytes_ = np.frombuffer(bytes([previous]) + block + (held or b"\n"), np.uint8)
            quotes = np.flatnonzero(bytes_[1:-1] == 34) + 1
            parity = (np.arange(len(quotes)) + quotes_before) & 1
            if not opens_after[bytes_[quotes[parity == 0] - 1]].all() or not opens_after[bytes_[quotes[parity == 1] + 1]].all():
                return None
            ends = np.flatnonzero(bytes_[1:-1] == 10) + 1
            outside = (np.searchsorted(quotes, ends) + inside) % 2 == 0
            inner += len(ends) - int(outside.sum())
            ends = ends[outside]
            after_cr = bytes_[ends - 1] == 13
            crlf += int(after_cr.sum())
            lf += len(ends) - int(after_cr.sum())
            if b"\r" in block:
                returns = np.flatnonzero(bytes_[1:-1] == 13) + 1
                returns = returns[(np.searchsorted(quotes, returns) + inside) % 2 == 0]
                if (bytes_[returns + 1] != 10).any():
                    return None
            if len(ends):
                positions = ends - 1 + offset
                starts = np.concatenate(([record_start], positions[:-1] + 1))
                lengths = positions - starts - after_cr
                records += int((lengths > 0).sum())
                longest = max(longest, int(lengths.max()))
                record_start = int(positions[-1]) + 1
            quotes_before += len(quotes)
            inside = quotes_before & 1
            previous = block[-1]
            offset += len(block)
    rest = offset - record_start
    if inside or (crlf and lf):
        return None
    return Scan(records + (rest > 0), max(longest, rest), b"\r\n" if crlf else b"\n", inner > 0)


def with_line_feeds(path: Path, copy: Path) -> None:
    """Copy a well-formed file whose records end in CRLF so that they end in LF; line ends inside quotes stay."""
    quotes_before, held = 0, b""
    with path.open("rb") as source, copy.open("wb") as target:
        while True:
            read = source.read(SCAN_CHUNK)
            data = held + read
            held, block = (data[-1:], data[:-1]) if read else (b"", data)
            bytes_ = np.frombuffer(block + held, np.uint8)
            quotes = np.flatnonzero(bytes_[: len(block)] == 34)
            returns = np.flatnonzero((bytes_[:-1] == 13) & (bytes_[1:] == 10))
            outside = (np.searchsorted(quotes, returns) + quotes_before) % 2 == 0
            target.write(np.delete(bytes_[: len(block)], returns[outside]).tobytes())
            quotes_before += len(quotes)
            if not read:
                return
