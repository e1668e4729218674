"""Commands of one platform that are no single method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from flexsdk.cli.forms import Flag, Form, reflowed

__all__ = ["COMMANDS"]


@reflowed
def chat(
    agent_id: str,
    message: str | None = None,
    /,
    *,
    thread_id: Annotated[str | None, Parameter(show_default=False)] = None,
    debug: Flag = False,
) -> int:
    """Talk with an agent; the answers stream, with the tools that it uses.

    Without a message each line of stdin is one. Ctrl-C stops an answer; at the prompt it ends the talk.
    The answer goes to stdout, tools to stderr. Costs model tokens.

    Args:
        thread_id: Go on with this thread; else a new one is made.
        debug: Tell stderr of requests and answers, without secrets.
    """
    from flexsdk.cli.chat import chat
    from flexsdk.cli.session import Access

    return chat(agent_id, message, thread_id, Access(debug=debug))


@reflowed
def process(
    *files: Path,
    wait: Flag = False,
    export: Annotated[str | None, Parameter(show_default=False)] = None,
    out: Annotated[Path, Parameter(name=("--out", "-o"))] = Path(),
    output: Annotated[Form | None, Parameter(show_default=False)] = None,
    debug: Flag = False,
) -> int:
    """Upload files and start the pipeline on each; with --export also fetch a dataset of each.

    Costs credits for every file but duplicates. One row is written for each file. The exit status is 14 when
    one was refused or failed.

    Args:
        wait: Until all jobs have ended.
        export: Build a dataset of each file and download it in this format, such as parquet; waits, too.
        out: The folder for the downloads; it is made if it is not there.
        output: By default a table on a terminal, JSON lines elsewhere.
        debug: Tell stderr of requests and answers, without secrets.
    """
    from flexsdk.cli.process import process
    from flexsdk.cli.session import Access

    access = Access(debug=debug)
    return process(files, wait=wait, export=export, folder=out, output=output, access=access)


@reflowed
def login(*, port: int = 8765, scope: str = "", no_browser: Flag = False) -> int:
    """Log in at Flextell in the browser, and keep the token in a file that only you can read.

    FLEXTELL_CLIENT_ID and FLEXTELL_CLIENT_SECRET name the application; its redirect address has to be
    registered as http://127.0.0.1:8765/callback, with the port that is used. Other commands take the token
    when there is no key. The login has five minutes.

    Args:
        port: Where the browser comes back on this machine.
        scope: What to ask for, with spaces between; which words there are is not published.
        no_browser: Only print the address.
    """
    from flexsdk.cli.login import login

    return login(port=port, scope=scope, browser=not no_browser)


COMMANDS: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "flapjack": (chat,),
    "flexorch": (process,),
    "flextell": (login,),
}
