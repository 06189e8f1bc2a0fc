import pytest

from hermes.cli import shells


def test_bash_reads_the_users_file_and_then_puts_the_environment_first() -> None:
    start = shells.start("/opt/bin/bash", environment="test", folder="/tmp/files")
    assert start.argv == ("/opt/bin/bash", "--rcfile", "/tmp/files/bashrc")
    text = start.files["bashrc"]
    assert text.index(". ~/.bashrc") < text.index('PATH="$_hermes_tree/bin:$PATH"')
    assert text.endswith("PS1='(test) '$PS1\n")
    assert start.certain


@pytest.mark.parametrize(("zdotdir", "own"), [(None, "$HOME"), ("/my zsh", "'/my zsh'")])
def test_zsh_finds_files_that_read_the_users(zdotdir: str | None, own: str) -> None:
    start = shells.start("zsh", environment="test", folder="/tmp/files", zdotdir=zdotdir)
    assert start.argv == ("env", "ZDOTDIR=/tmp/files", "zsh")
    assert f"ZDOTDIR={own}\n[[ -f $ZDOTDIR/.zshenv ]] && . $ZDOTDIR/.zshenv\n" in start.files[".zshenv"]
    text = start.files[".zshrc"]
    assert text.index(". $ZDOTDIR/.zshrc") < text.index('PATH="$_hermes_tree/bin:$PATH"')
    assert text.endswith("PROMPT='(test) '$PROMPT\n")
    assert "${HISTFILE:t}" in text


def test_fish_takes_commands() -> None:
    start = shells.start("/usr/bin/fish", environment="test", folder="/tmp/files")
    assert start.argv[:2] == ("/usr/bin/fish", "-C")
    assert "set -gx PATH $VIRTUAL_ENV/bin $PATH" in start.argv[2]
    assert "echo -n '(test) '" in start.argv[2]
    assert start.files == {}


@pytest.mark.parametrize("shell", ["sh", "/bin/dash", "/usr/bin/tcsh", "nu"])
def test_other_shells_are_started_as_they_are(shell: str) -> None:
    assert shells.start(shell, environment="test", folder="/f") == shells.Start(argv=(shell,), certain=False)
