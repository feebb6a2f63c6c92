"""How these programs say what is wrong: one line on stderr, and exit code 1."""

import pathlib
import sys
from typing import NoReturn


def refuse(message: str) -> NoReturn:
    """Ends the program with a line that says what is wrong, and what to do."""
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
    raise SystemExit(f"{pathlib.Path(sys.argv[0]).stem}: {line}")
