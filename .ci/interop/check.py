"""What the interop checks share: a failed check is one line and exit code 1."""

import sys


def require(ok, message):
    """Ends the program with message unless ok."""
    if not ok:
        sys.exit(f"{sys.argv[0]}: {message}")
