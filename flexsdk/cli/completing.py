"""Completion scripts: one table of words by place, and a few lines that each shell reads it with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin, get_type_hints

from cyclopts import App, Parameter

from flexsdk.cli.tree import read_doc

__all__ = ["Shell", "script"]

Shell: TypeAlias = Literal["bash", "zsh", "fish"]
Entry: TypeAlias = tuple[str, Sequence[tuple[str, str]]]
"""A place, such as ``fleece agents``, and the words that may follow, each with what it is."""

_LONGEST: Final = 70
"""Characters of a description."""
_HELP: Final = ("--help", "Display this message and exit")


def script(app: App, shell: Shell) -> str:
    """Give the script for a shell; it needs nothing of this package when it runs."""
    form, frame = _FORMS[shell]
    places = "\n".join(form(place, words) for place, words in _table(app, ()))
    return frame.replace("@PLACES@", places)


def _table(app: App, way: Sequence[str]) -> Iterator[Entry]:
    """Walk over all commands; an option with fixed values is a place of its own."""
    inner = {name: app[name] for name in app if not name.startswith("-")}
    if inner:
        yield " ".join(way), [*((name, _brief(each.help)) for name, each in inner.items()), _HELP]
    elif app.default_command:
        yield from _options(app.default_command, " ".join(way))
    for name, each in inner.items():
        yield from _table(each, (*way, name))


def _options(command: Callable[..., Any], place: str) -> Iterator[Entry]:
    # The collection of arguments that the parser makes would tell the same, and take seven times as long.
    hints = get_type_hints(command, include_extras=True)
    said = read_doc(command).parameters
    words: list[tuple[str, str]] = []
    positional: list[str] = []
    for parameter in inspect.signature(command).parameters.values():
        facts = next((each for each in _notes(hints[parameter.name]) if isinstance(each, Parameter)), None)
        choices = _choices(hints[parameter.name])
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            positional = positional or choices
            continue
        names = (facts and facts.name) or (f"--{parameter.name.replace('_', '-')}",)
        words += [(name, _brief((facts and facts.help) or said.get(parameter.name))) for name in names]
        if choices:
            yield from ((f"{place} {name}", [(choice, "") for choice in choices]) for name in names)
    yield place, [*((choice, "") for choice in positional), *words, _HELP]


def _notes(hint: Any) -> Sequence[object]:
    notes: Sequence[object] = getattr(hint, "__metadata__", ())
    return notes


def _choices(kind: Any) -> list[str]:
    """Give the fixed words of a type; none where any text will do."""
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for each in get_args(kind) for word in _choices(each)]


def _brief(about: str | None) -> str:
    """Give the first sentence without signs that a shell could take for its own."""
    text = (about or "").partition("\n")[0].partition(". ")[0].rstrip(".")
    plain = "".join(sign for sign in text if sign.isprintable() and sign not in "'\"`$\\")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _bash(place: str, words: Sequence[tuple[str, str]]) -> str:
    return f"    '{place}') REPLY='{' '.join(word for word, _ in words)}' ;;"


def _zsh(place: str, words: Sequence[tuple[str, str]]) -> str:
    described = " ".join(f"'{word}:{about}'" for word, about in words)
    return f"    '{place}') reply=({described}) ;;"


def _fish(place: str, words: Sequence[tuple[str, str]]) -> str:
    pairs = " ".join(f"{word} '{about}'" for word, about in words)
    return f"        case '{place}'\n            printf '%s\\t%s\\n' {pairs}"


_FRAME_BASH: Final = """\
# Completion of flexsdk for bash, also 3.2.
_flexsdk_words() {
  case $1 in
@PLACES@
    *) REPLY='' ;;
  esac
}

_flexsdk() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} place='' word REPLY
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && continue
    _flexsdk_words "${place:+$place }$word"
    [[ -n $REPLY ]] && place="${place:+$place }$word"
  done
  _flexsdk_words "$place $before"
  [[ -n $REPLY ]] || _flexsdk_words "$place"
  COMPREPLY=()
  for word in $REPLY; do
    [[ $word == "$current"* && ( $word != -* || $current == -* ) ]] && COMPREPLY+=("$word")
  done
}

complete -o default -F _flexsdk flexsdk
"""

_FRAME_ZSH: Final = """\
#compdef flexsdk
# Completion of flexsdk for zsh.
_flexsdk_words() {
  case $1 in
@PLACES@
    *) reply=() ;;
  esac
}

_flexsdk() {
  local place='' word
  local -a reply shown
  for word in "${words[2,CURRENT-1][@]}"; do
    [[ $word == -* ]] && continue
    _flexsdk_words "${place:+$place }$word"
    (( $#reply )) && place="${place:+$place }$word"
  done
  _flexsdk_words "$place ${words[CURRENT-1]}"
  (( $#reply )) || _flexsdk_words "$place"
  if [[ $PREFIX == -* ]]; then
    shown=("${(@M)reply:#-*}")
  else
    shown=("${(@)reply:#-*}")
  fi
  if (( $#shown )); then
    _describe 'flexsdk' shown
  else
    _files
  fi
}

if [[ $funcstack[1] == _flexsdk ]]; then
  _flexsdk "$@"
else
  compdef _flexsdk flexsdk
fi
"""

_FRAME_FISH: Final = """\
# Completion of flexsdk for fish.
function __flexsdk_words
    switch "$argv[1]"
@PLACES@
    end
end

function __flexsdk_complete
    set -l tokens (commandline -opc)
    set -l before $tokens[-1]
    set -l current (commandline -ct)
    set -e tokens[1]
    set -l place ''
    for word in $tokens
        string match -q -- '-*' $word; and continue
        set -l longer (string trim -- "$place $word")
        if test (count (__flexsdk_words $longer)) -gt 0
            set place $longer
        end
    end
    set -l shown (__flexsdk_words "$place $before")
    test (count $shown) -gt 0; or set shown (__flexsdk_words "$place")
    if string match -q -- '-*' $current
        string match -- '-*' $shown
    else if not string match -v -- '-*' $shown
        __fish_complete_path $current
    end
end

complete -c flexsdk -f -a '(__flexsdk_complete)'
"""

_FORMS: Final[dict[Shell, tuple[Callable[[str, Sequence[tuple[str, str]]], str], str]]] = {
    "bash": (_bash, _FRAME_BASH),
    "zsh": (_zsh, _FRAME_ZSH),
    "fish": (_fish, _FRAME_FISH),
}
