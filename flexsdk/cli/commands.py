"""The commands of a platform, made from the methods of its client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

from cyclopts import App, Group, Parameter

from flexsdk.cli import by_hand, calling, tree
from flexsdk.cli.arguments import Argument, arguments
from flexsdk.cli.forms import Form
from flexsdk.core.op import Replay

__all__ = ["platform_app"]

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


def platform_app(platform: str, words: Sequence[str]) -> App:
    """Make the commands of a platform; parameters only of those that the words lead to."""
    found = tree.tree(platform)
    app = App(name=f"flexsdk {platform}", help=found.about, help_format="plaintext", version_flags=[])
    _fill(app, platform, found, words)
    for command in by_hand.COMMANDS.get(platform, ()):
        app.command(command)
    return app


def completed(root: App, shell: Literal["bash", "zsh", "fish"], platforms: Iterable[str]) -> str:
    """Give the completion script of all commands; loads all platforms."""
    whole = App(name="flexsdk", help_format="plaintext")
    for platform in platforms:
        inner = platform_app(platform, [])
        _deepen(inner, tree.tree(platform))
        whole.command(inner, name=platform)
    for name in root:
        if name not in platforms and not name.startswith("-"):
            whole.command(root[name], name=name)
    return whole.generate_completion(prog_name="flexsdk", shell=shell)


def _deepen(app: App, group: tree.Group) -> None:
    """Fill in the words of all groups below, as they are completed."""
    for name, inner in group.groups.items():
        for word, method in inner.methods.items():
            app[_word(name)].command(App(name=_word(word), help=method.about.summary))
        for word, deeper in inner.groups.items():
            app[_word(name)].command(App(name=_word(word), help=deeper.about))
        _deepen(app[_word(name)], inner)


def _fill(app: App, platform: str, group: tree.Group, words: Sequence[str]) -> None:
    chosen = words[0] if words else ""
    for name, method in group.methods.items():
        word = _word(name)
        if word == chosen:
            app.command(_command(platform, method, relaxed=_has_body(words)), name=word)
        else:
            app.command(App(name=word, help=method.about.summary, help_format="plaintext"))
    for name, inner in group.groups.items():
        word = _word(name)
        inner_app = App(name=word, help=inner.about, help_format="plaintext")
        if word == chosen:
            _fill(inner_app, platform, inner, words[1:])
        app.command(inner_app)


def _word(name: str) -> str:
    return name.replace("_", "-")


def _has_body(words: Sequence[str]) -> bool:
    return any(word == "--body" or word.startswith("--body=") for word in words)


def _command(platform: str, method: tree.Method, *, relaxed: bool) -> Callable[..., int]:
    """Make the function behind a command; ``relaxed`` when ``--body`` may bring what is required."""
    given = arguments(method)
    parameters = [*_own(method, given, relaxed=relaxed), *_shared({each.name for each in given}, method)]
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


def _shared(taken: set[str], method: tree.Method) -> list[inspect.Parameter]:
    """Give the options that every command has, but those that the method has by itself."""
    wanted = {**_OUTPUT, **(_CALL if method.takes_options else {}), **_REACH}
    if method.replay is Replay.KEYED:
        wanted["idempotency_key"] = (str, "Your own key for this call; made for you otherwise.")
    answer = method.function.__annotations__.get("return", "")
    if answer.startswith("Pages["):
        wanted["all"] = (bool, "Walk over all pages; else the first page is given.")
    if answer == "Download":
        wanted["save"] = (str, "The file or folder to write to; by default stdout.")
    return [
        _parameter(f"{name}_", kind, _P.KEYWORD_ONLY, about, name=f"--{_word(name)}", group=_ABOUT_CALL)
        for name, (kind, about) in wanted.items()
        if name not in taken
    ]
