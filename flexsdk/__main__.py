"""``python -m flexsdk``: the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

_EXTRA = ("cyclopts", "rich", "jsonschema")
"""What the extra ``cli`` brings and commands import."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status; ``argv`` has no program name."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _run(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        print(
            'flexsdk: the command line needs an extra: python -m pip install "flexsdk[cli]"', file=sys.stderr
        )
        return 1


def _run(arguments: Sequence[str]) -> int:
    if list(arguments) == ["operations", "--json"]:  # for scripts, also where the extra is missing
        from flexsdk.cli.operations import show_json

        show_json()
        return 0
    from flexsdk.cli.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
