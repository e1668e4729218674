"""The commands and their options; what a command needs is loaded when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from flexsdk import __version__

__all__ = ["run"]

Name = Literal["flapjack", "flexorch", "fleece", "flextell", "platform"]
NAMES: tuple[Name, ...] = get_args(Name)
Seconds = Annotated[float, Parameter(validator=Number(gte=0))]

app = App(
    name="flexsdk",
    help="Async SDK for Flapjack, FlexOrch, Fleece AI, Flextell and Platform.",
    version=__version__,
    help_format="plaintext",  # no Markdown here, and its renderer takes 60 ms to load
    suppress_keyboard_interrupt=False,
)


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit status: 2 when the arguments are wrong."""
    try:
        status = app(list(arguments), exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    return status if isinstance(status, int) else 0


@app.command
def demo() -> int:
    """Take a tour of the SDK against a sandbox in this process; about 15 seconds.

    The exit status is 0 only when every part worked.
    """
    from flexsdk.cli.demo.tour import tour

    return tour()


@app.command
def sandbox(
    *,
    seed: int = 0,
    platform: Annotated[tuple[Name, ...], Parameter(negative=(), show_default=False)] = NAMES,
    token_delay: Seconds = 0.0,
    run_seconds: Seconds = 0.2,
    execute_seconds: Seconds = 0.0,
) -> int:
    """Emulate the platforms on 127.0.0.1 until Ctrl-C, and print addresses and test keys.

    Args:
        seed: equal seeds give equal keys, ids and texts.
        platform: start this platform only, not all five; may be given several times.
        token_delay: seconds before each token of a Flapjack answer.
        run_seconds: how long a run of a Fleece flow takes.
        execute_seconds: how long a Fleece agent works before it answers.
    """
    from flexsdk.cli.serve import serve
    from flexsdk.sandbox import Sandbox

    return serve(
        Sandbox(
            platforms=platform,
            seed=seed,
            token_delay=token_delay,
            run_seconds=run_seconds,
            execute_seconds=execute_seconds,
        )
    )


@app.command
def operations(*, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """List every operation of every platform, and whether it is repeated after a failure.

    Args:
        json: write a JSON list.
    """
    from flexsdk.cli.operations import show_json, show_table

    show_json() if json else show_table()
