"""The commands of a platform, made from the methods of its client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from cyclopts import App, Group, Parameter

from flexsdk.cli import by_hand, calling, tree
from flexsdk.cli.arguments import Argument, arguments
from flexsdk.cli.forms import Form
from flexsdk.core.op import Replay

__all__ = ["joined", "platform_app", "whole_app"]

_P: Final = inspect.Parameter
_ABOUT_CALL: Final = Group("Call and output", sort_key=1)
_Options: TypeAlias = Mapping[str, tuple[Any, str]]
_OUTPUT: Final[_Options] = {
    "body": (str, "Arguments by name, a JSON object: text, @FILE, or - for stdin; null clears a field."),
    "output": (Form, "By default a table on a terminal, JSON lines elsewhere."),
    "reveal": (bool, "Show secrets that the answer holds."),
}
_CALL: Final[_Options] = {
    "timeout": (float, "Seconds for one attempt."),
    "deadline": (float, "Seconds for the whole call."),
    "attempts": (int, "Most attempts; 1 switches repeats off."),
    "header": (list[str], "NAME:VALUE, sent besides our own."),
}
_REACH: Final[_Options] = {
    "base_url": (str, "Another address of the platform."),
    "debug": (bool, "Tell stderr of requests and answers, without secrets."),
}
_FLAGS: Final = frozenset({"--all", "--debug", "--reveal"})
"""Options without a value."""


def joined(words: Sequence[str]) -> list[str]:
    """Write ``--body -`` as ``--body=-``: the parser takes a hyphen that stands alone for an option."""
    found: list[str] = []
    for word in words:
        before = found[-1] if found else ""
        if word == "-" and before.startswith("--") and "=" not in before and before not in _FLAGS:
            found[-1] = f"{before}=-"
        else:
            found.append(word)
    return found


def platform_app(platform: str, words: Sequence[str] | None) -> App:
    """Make the commands of a platform; parameters only of those that the words lead to, ``None`` for all."""
    found = tree.tree(platform)
    app = App(name=f"flexsdk {platform}", help=found.about, help_format="plaintext", version_flags=[])
    _fill(app, platform, found, words)
    for command in by_hand.COMMANDS.get(platform, ()):
        app.command(command)
    return app


def whole_app(root: App, platforms: Iterable[str]) -> App:
    """Give all commands with all their parameters, as completion needs them; takes about 2 seconds."""
    whole = App(name="flexsdk", help_format="plaintext")
    for platform in platforms:
        whole.command(platform_app(platform, None), name=platform)
    for name in root:
        if name not in platforms and not name.startswith("-"):
            whole.command(root[name], name=name)
    return whole


def _fill(app: App, platform: str, group: tree.Group, words: Sequence[str] | None) -> None:
    for name, method in group.methods.items():
        word = _word(name)
        if words is None or word in words[:1]:
            app.command(_command(platform, method, relaxed=_has_body(words or ())), name=word)
        else:
            app.command(App(name=word, help=method.about.summary, help_format="plaintext"))
    for name, inner in group.groups.items():
        word = _word(name)
        inner_app = App(name=word, help=inner.about, help_format="plaintext")
        if words is None or word in words[:1]:
            _fill(inner_app, platform, inner, words and words[1:])
        app.command(inner_app)


def _word(name: str) -> str:
    return name.replace("_", "-")


def _has_body(words: Sequence[str]) -> bool:
    return any(word == "--body" or word.startswith("--body=") for word in words)


def _command(platform: str, method: tree.Method, *, relaxed: bool) -> Callable[..., int]:
    """Make the function behind a command; ``relaxed`` when ``--body`` may bring what is required."""
    given = arguments(method)
    taken = {each.name for each in given}
    parameters = [*_own(method, given, relaxed=relaxed), *_shared(platform, taken, method)]
    signature = inspect.Signature(sorted(parameters, key=lambda each: each.kind))

    def command(*args: Any, **options: Any) -> int:
        bound = signature.bind(*args, **options).arguments
        return calling.perform(platform, method, given, bound)

    command.__doc__ = method.about.text
    command.__name__ = method.name
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    command.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect
    return command


def _own(method: tree.Method, given: Sequence[Argument], *, relaxed: bool) -> list[inspect.Parameter]:
    place = _P.POSITIONAL_OR_KEYWORD
    named = [_parameter("collection", str, place, "Name of the collection.", required=True)]
    own = [
        _parameter(
            each.name,
            each.shown,
            place if each.positional and (each.required or each.many) else _P.KEYWORD_ONLY,
            each.about,
            required=each.required and not relaxed,
        )
        for each in given
    ]
    return [*(named if method.named else []), *own]


def _parameter(
    name: str, kind: Any, place: inspect._ParameterKind, about: str, /, *, required: bool = False, **more: Any
) -> inspect.Parameter:
    negative = None if kind is bool and "group" not in more else ()
    facts = Parameter(help=about, required=required, show_default=False, negative=negative, **more)
    return _P(name, place, default=None, annotation=Annotated[kind | None, facts])


def _shared(platform: str, taken: set[str], method: tree.Method) -> list[inspect.Parameter]:
    """Give the options that every command has, but those that the method has by itself."""
    wanted = {**_OUTPUT, **(_CALL if method.takes_options else {}), **_REACH}
    if platform == "flextell":
        wanted["tenant"] = (int, "The id of the tenant that the call is for.")
    if method.replay is Replay.KEYED:
        wanted["idempotency_key"] = (str, "Your own key for this call; made for you otherwise.")
    answer = method.function.__annotations__.get("return", "")
    if answer.startswith("Pages["):
        wanted["all"] = (bool, "Walk over all pages; else the first page is given.")
    if answer == "Download":
        wanted["save"] = (str, "The file or folder to write to; by default stdout.")
    return [
        _parameter(
            f"{name}_",
            kind,
            _P.KEYWORD_ONLY,
            about,
            name=f"--{_word(name)}",
            group=_ABOUT_CALL,
            env_var="FLEXTELL_TENANT" if name == "tenant" else (),
        )
        for name, (kind, about) in wanted.items()
        if name not in taken
    ]
