"""The commands and their options; what a command needs is loaded when it runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args

from cyclopts import App, CycloptsError, Group, MissingArgumentError, Parameter, UnusedCliTokensError
from cyclopts.validators import Number

from flexsdk import __version__
from flexsdk.cli.forms import Flag, Form, reflowed

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

_GROUP = Group("Platforms", sort_key=0)

app = App(
    name="flexsdk",
    help=(
        "Async SDK for Flapjack, FlexOrch, Fleece AI, Flextell and Platform.\n\n"
        "Begin with: flexsdk demo, or: flexsdk keys set PLATFORM"
    ),
    version=__version__,
    help_format="plaintext",  # no Markdown here, and its renderer takes 60 ms to load
    group_commands=Group("Commands", sort_key=1),
    suppress_keyboard_interrupt=False,
)

for _name, _about in _PLATFORMS.items():
    app.command(App(name=_name, help=_about, group=_GROUP))


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit status: 2 when the arguments are wrong."""
    chosen, words, platform = app, list(arguments), ""
    try:
        if words and words[0] in _PLATFORMS:
            from flexsdk.cli.commands import joined, platform_app  # loads the platform

            platform, words = words[0], joined(words[1:])
            chosen = platform_app(platform, words)
        status = chosen(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _refuse(error, platform)
    return status if isinstance(status, int) else 0


def _refuse(error: CycloptsError, platform: str) -> int:
    """Say what is wrong with the arguments, and where they are explained."""
    from flexsdk.cli.output import clean

    said = str(error).rstrip(".")
    if isinstance(error, MissingArgumentError) and error.keyword is None and error.argument:
        said = f"missing: {error.argument.name.lstrip('-').upper().replace('_', '-')}"
    elif isinstance(error, UnusedCliTokensError):
        said = f"too many words: {' '.join(error.unused_tokens or ())}"
    way = " ".join(filter(None, ("flexsdk", platform, *(error.command_chain or ()))))
    print(f"flexsdk: {clean(said)}; see: {way} --help", file=sys.stderr)
    return 2


@app.command
@reflowed
def demo() -> int:
    """Take a tour of the SDK; about 15 seconds, no account needed.

    It talks to a sandbox in this process. The exit status is 0 only when every part worked.
    """
    from flexsdk.cli.demo.tour import tour

    return tour()


@app.command
@reflowed
def sandbox(
    *,
    seed: int = 0,
    platform: Annotated[tuple[Name, ...], Parameter(negative=(), show_default=False)] = NAMES,
    token_delay: Seconds = 0.0,
    run_seconds: Seconds = 0.2,
    execute_seconds: Seconds = 0.0,
) -> int:
    """Emulate the platforms on 127.0.0.1 until Ctrl-C.

    Addresses and test keys are printed as lines for your shell.

    Args:
        seed: Equal seeds give equal keys, ids and texts.
        platform: Start this platform only, not all five; may be given several times.
        token_delay: Seconds before each token of a Flapjack answer.
        run_seconds: How long a run of a Fleece flow takes.
        execute_seconds: How long a Fleece agent works before it answers.
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
@reflowed
def operations(*, json: Flag = False) -> None:
    """List every operation of every platform.

    With each stands whether it is repeated after a failure, and how certain its source is.

    Args:
        json: Write a JSON list.
    """
    from flexsdk.cli.operations import show_json, show_table

    show_json() if json else show_table()


@app.command
@reflowed
def doctor(
    *,
    output: Annotated[Form | None, Parameter(show_default=False)] = None,
    offline: Flag = False,
) -> int:
    """Show versions, extras, where keys lie, and the clock's error.

    Keys are never shown. The exit status is 1 when something will not work.

    Args:
        output: By default a table on a terminal, JSON lines elsewhere.
        offline: Ask no platform for the time.
    """
    from flexsdk.cli.doctor import doctor

    return doctor(output=output, offline=offline)


@app.command
@reflowed
def limits(
    *platforms: Name,
    plan: Annotated[str | None, Parameter(show_default=False)] = None,
    every: Annotated[float | None, Parameter(validator=Number(gt=0), show_default=False)] = None,
    debug: Flag = False,
) -> int:
    """Show the windows of rate limits as bars, live with --every.

    Without a platform all are shown that have a key. Each look is one request a platform, which counts where
    the platform counts it.

    Args:
        plan: The name of your plan, where the platform publishes its limits.
        every: Look again after that many seconds, until Ctrl-C; a terminal is drawn anew in place.
        debug: Tell stderr of requests and answers, without secrets.
    """
    from flexsdk.cli.windows import limits

    return limits(platforms, plan=plan, every=every, debug=debug)


jobs = App(name="jobs", help="Watch jobs of FlexOrch and Platform.")
app.command(jobs)


@jobs.command
@reflowed
def watch(
    platform: Literal["flexorch", "platform"],
    job_ids: list[str],
    /,
    *,
    timeout: Annotated[float | None, Parameter(validator=Number(gt=0), show_default=False)] = None,
    debug: Flag = False,
) -> int:
    """Show every change of some jobs until all have ended.

    A terminal is drawn anew in place; elsewhere each change is one line of JSON. The exit status is 14 when a
    job did not end well.

    Args:
        timeout: Seconds to wait; the jobs go on after it.
        debug: Tell stderr of requests and answers, without secrets.
    """
    from flexsdk.cli.watching import watch

    return watch(platform, job_ids, timeout=timeout, debug=debug)


keys = App(name="keys", help="Keep keys in the keyring, or in a file that only you can read.")
app.command(keys)


@keys.command(name="set")
@reflowed
def set_key(
    platform: Name,
    /,
    *,
    store: Annotated[Literal["keyring", "file"] | None, Parameter(show_default=False)] = None,
) -> int:
    """Ask for a key, or read it from stdin, and keep it.

    Args:
        store: By default the keyring of the system, and the configuration file where there is none.
    """
    from flexsdk.cli.keys import set_key

    return set_key(platform, store)


@keys.command(name="list")
@reflowed
def list_keys(*, output: Annotated[Form | None, Parameter(show_default=False)] = None) -> int:
    """Tell which platforms have a key and where it lies; the key itself is never shown.

    Args:
        output: By default a table on a terminal, JSON lines elsewhere.
    """
    from flexsdk.cli.keys import list_keys

    return list_keys(output)


@keys.command(name="remove")
@reflowed
def remove_key(platform: Name, /) -> int:
    """Delete the key that is kept of a platform; one in the environment is left alone."""
    from flexsdk.cli.keys import remove_key

    return remove_key(platform)


@app.command
@reflowed
def ingest(
    source: str,
    /,
    *command: Annotated[str, Parameter(allow_leading_hyphen=False)],
    journal: Annotated[str | None, Parameter(show_default=False)] = None,
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 10,
    tenant: Annotated[int | None, Parameter(env_var="FLEXTELL_TENANT", show_default=False)] = None,
    debug: Flag = False,
) -> int:
    """Call a command once for each line of a file, many at a time.

    Each line is a JSON object with the arguments by name. With a journal an interrupted run is gone on with
    by running the same again, and nothing is sent twice unawares. One line is written for each item; the
    exit status is 1 when one was not done.

    Args:
        source: A file of JSON lines, or - for stdin.
        command: The command, such as: fleece agents execute
        journal: A file that remembers what is done.
        concurrency: Most calls at the same time.
        tenant: The tenant that a command of Flextell is for.
        debug: Tell stderr of requests and answers, without secrets.
    """
    from flexsdk.cli.ingesting import ingest_lines

    return ingest_lines(source, command, journal=journal, concurrency=concurrency, tenant=tenant, debug=debug)


@app.command
@reflowed
def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a completion script for a shell.

    It knows the commands of all platforms, their options, and values where they are fixed.
    """
    from flexsdk.cli.commands import whole_app
    from flexsdk.cli.completing import script
    from flexsdk.cli.output import out

    out(script(whole_app(app, _PLATFORMS), shell), end="")
