"""An answer on standard output, whoever reads it."""
from __future__ import annotations

import os
import sys


def answer(text: str) -> bool:
    """Print a door's answer; whether all of it could be written. A reader that has gone (`| head`) has what it wanted; of anything
    else that hinders, a full disk say, one line goes to standard error."""
    try:
        print(text, flush=True)
        return True
    except BrokenPipeError:
        _nowhere()
        return True
    except OSError as error:
        _nowhere()
        print(f"the answer could not be written: {error.strerror}", file=sys.stderr)
        return False


def _nowhere() -> None:
    """What is still held back goes nowhere, or Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
