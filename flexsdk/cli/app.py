"""The commands and their options; what a command needs is loaded when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from flexsdk import __version__
from flexsdk.cli.forms import Form

__all__ = ["run"]

Name = Literal["flapjack", "flexorch", "fleece", "flextell", "platform"]
NAMES: tuple[Name, ...] = get_args(Name)
Seconds = Annotated[float, Parameter(validator=Number(gte=0))]

_PLATFORMS: Mapping[str, str] = {
    "flapjack": "Agents, their threads and runners, computers and coding sessions.",
    "flexorch": "Documents and their processing, datasets, search, exports.",
    "fleece": "Agents, scheduled flows and their runs.",
    "flextell": "Customers, conversations, appointments, invoices.",
    "platform": "Resources and jobs.",
}
"""What each platform is about, so that help needs to load none."""

app = App(
    name="flexsdk",
    help="Async SDK for Flapjack, FlexOrch, Fleece AI, Flextell and Platform.",
    version=__version__,
    help_format="plaintext",  # no Markdown here, and its renderer takes 60 ms to load
    suppress_keyboard_interrupt=False,
)


for _name, _about in _PLATFORMS.items():
    app.command(App(name=_name, help=_about, group="Platforms"))


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit status: 2 when the arguments are wrong."""
    chosen, words = app, list(arguments)
    try:
        if words and words[0] in _PLATFORMS:
            from flexsdk.cli.commands import platform_app  # loads the platform

            chosen, words = platform_app(words[0], words[1:]), words[1:]
        status = chosen(words, exit_on_error=False, result_action="return_value")
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


@app.command
def doctor(
    *,
    output: Annotated[Form | None, Parameter(show_default=False)] = None,
    offline: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Show versions, loop, extras, which keys are present, and how far the clock is off.

    Keys are never shown. The exit status is 1 when something will not work.

    Args:
        output: by default a table on a terminal, JSON lines elsewhere.
        offline: ask no platform for the time.
    """
    from flexsdk.cli.doctor import doctor

    return doctor(output=output, offline=offline)


@app.command
def limits(
    platform: Name,
    *,
    plan: Annotated[str | None, Parameter(show_default=False)] = None,
    every: Annotated[float | None, Parameter(validator=Number(gt=0), show_default=False)] = None,
) -> int:
    """Show the windows of the rate limits of a platform as bars.

    Each look is one request, which counts where the platform counts it.

    Args:
        plan: the name of your plan, where the platform publishes its limits.
        every: look again after that many seconds, until Ctrl-C.
    """
    from flexsdk.cli.watching import limits

    return limits(platform, plan=plan, every=every)


jobs = App(name="jobs", help="Jobs of FlexOrch and Platform.")
app.command(jobs)


@jobs.command
def watch(
    platform: Literal["flexorch", "platform"],
    job_ids: list[str],
    /,
    *,
    timeout: Annotated[float | None, Parameter(validator=Number(gt=0), show_default=False)] = None,
) -> int:
    """Show every change of some jobs until all have ended.

    The exit status is 14 when one did not end well.

    Args:
        timeout: seconds to wait; the jobs go on after it.
    """
    from flexsdk.cli.watching import watch

    return watch(platform, job_ids, timeout=timeout)


@app.command
def ingest(
    source: str,
    /,
    *command: Annotated[str, Parameter(allow_leading_hyphen=False)],
    journal: Annotated[str | None, Parameter(show_default=False)] = None,
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 10,
) -> int:
    """Call a command once for each line of a file, many at a time.

    Each line is a JSON object with the arguments by name. With a journal an interrupted run is gone on with
    by running the same again, and nothing is sent twice unawares. One line is written for each item; the
    exit status is 1 when one was not done.

    Args:
        source: a file of JSON lines, or - for stdin.
        command: the command, such as: fleece agents execute
        journal: a file that remembers what is done.
        concurrency: most calls at the same time.
    """
    from flexsdk.cli.ingesting import ingest_lines

    return ingest_lines(source, command, journal=journal, concurrency=concurrency)


@app.command
def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print a completion script for a shell, with the commands of all platforms."""
    from flexsdk.cli.commands import completed

    print(completed(app, shell, _PLATFORMS))
    return 0
