"""How each shell is started so that an environment stays first on PATH: behind the user's start-up files."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

_BASH = """\
_hermes_tree=$VIRTUAL_ENV
[ -f ~/.bashrc ] && . ~/.bashrc
export VIRTUAL_ENV=$_hermes_tree PATH="$_hermes_tree/bin:$PATH"
unset _hermes_tree
hash -r
PS1={prompt}$PS1
"""

# zsh looks for each of its files in ZDOTDIR, which the user's .zshenv may set as well; macOS puts the history there.
_ZSHENV = """\
_hermes_tree=$VIRTUAL_ENV
_hermes_files=$ZDOTDIR
ZDOTDIR={folder}
[[ -f $ZDOTDIR/.zshenv ]] && . $ZDOTDIR/.zshenv
_hermes_folder=$ZDOTDIR
ZDOTDIR=$_hermes_files
"""
_ZSHRC = """\
ZDOTDIR=$_hermes_folder
[[ ${HISTFILE-} == $_hermes_files/* ]] && HISTFILE=$ZDOTDIR/${HISTFILE:t}
[[ -f $ZDOTDIR/.zshrc ]] && . $ZDOTDIR/.zshrc
export VIRTUAL_ENV=$_hermes_tree PATH="$_hermes_tree/bin:$PATH"
unset _hermes_tree _hermes_files _hermes_folder
rehash
PROMPT={prompt}$PROMPT
"""

_FISH = """\
set -gx PATH $VIRTUAL_ENV/bin $PATH
functions -q fish_prompt; and functions -c fish_prompt _hermes_prompt
function fish_prompt; echo -n {prompt}; functions -q _hermes_prompt; and _hermes_prompt; end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to start a shell: its words, and the texts by name of the files in the folder that they speak of.

    Where `certain` is false, start-up files of the user may still put something before the environment.
    """

    argv: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    certain: bool = True


def start(shell: str, *, environment: str, folder: str, zdotdir: str | None = None) -> Start:
    """Decide how to start a shell in an environment, whose tree VIRTUAL_ENV names; `folder` is for the files.

    `zdotdir` is the caller's ZDOTDIR.
    """
    prompt = shlex.quote(f"({environment}) ")
    match PurePath(shell).name:
        case "bash":
            return Start(
                argv=(shell, "--rcfile", str(PurePath(folder, "bashrc"))),
                files={"bashrc": _BASH.format(prompt=prompt)},
            )
        case "zsh":
            own = shlex.quote(zdotdir) if zdotdir else "$HOME"
            return Start(
                argv=("env", f"ZDOTDIR={folder}", shell),
                files={".zshenv": _ZSHENV.format(folder=own), ".zshrc": _ZSHRC.replace("{prompt}", prompt)},
            )
        case "fish":
            return Start(argv=(shell, "-C", _FISH.format(prompt=prompt)))
        case _:
            return Start(argv=(shell,), certain=False)
