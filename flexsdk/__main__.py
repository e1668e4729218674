"""``python -m flexsdk``: the command line."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

__all__ = ["main"]

_EXTRA = ("cyclopts", "rich", "jsonschema")
"""What the extra ``cli`` brings and commands import."""
_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit status; ``argv`` has no program name."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _run(arguments)
    except ImportError as error:
        if not (_of_extra(error) or _of_extra(error.__cause__)):
            raise
        print(
            'flexsdk: the command line needs an extra: python -m pip install "flexsdk[cli]"', file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("flexsdk: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _of_extra(error: BaseException | None) -> bool:
    """Tell whether a package of the extra is missing; the sandbox puts an error of its own around that."""
    return isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] in _EXTRA


def _run(arguments: Sequence[str]) -> int:
    if list(arguments) == ["operations", "--json"]:  # for scripts, also where the extra is missing
        from flexsdk.cli.operations import show_json

        show_json()
        return 0
    collecting = gc.isenabled()
    gc.disable()  # imports leave no garbage, and looking for it takes a tenth of the start
    try:
        from flexsdk.cli.app import run
    finally:
        if collecting:
            gc.enable()
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
