"""What a decision says it is about."""
from __future__ import annotations

import re


def parse(text: str | None) -> tuple[tuple[str, str], ...]:
    """`queue=Chat Orders channel=chat` as filters; values may hold blanks. Nothing is the whole company."""
    parts = re.split(r"(?:^|\s+)(\w+)=", text or "")
    return tuple((parts[i], parts[i + 1].strip()) for i in range(1, len(parts) - 1, 2))
