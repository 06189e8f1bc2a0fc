"""Why files could not be installed, in the user's words: which file, what is wrong with it, what that means."""

import re
from collections.abc import Sequence

from hermes.errors import InstallationError
from hermes.model.plan import SelectedFile
from hermes.uv import explain

_MISMATCH = re.compile(
    r"Hash mismatch for `(?P<name>[^`=]+)==[^`]*`.*?Computed:\s+sha256:(?P<computed>[0-9a-f]{64})", re.DOTALL
)
_FAILED = re.compile(r"Failed to (?:download|unzip|extract|read|install):? `?(?P<name>[A-Za-z0-9][\w.-]*?)(?:==|-\d)")
_ABSENT = re.compile(
    r"(?:there is no version of |Because )(?P<name>[A-Za-z0-9][\w.-]*?)(?:==\S+)? (?P<what>and you|was not|has no)"
)


def explained(text: str, files: Sequence[SelectedFile]) -> InstallationError:
    """Explain what uv wrote when it could not install `files`: which file, and what that means."""
    by_name = {file.package: file for file in files}
    detail = explain.clean(text, {})
    mismatch = _MISMATCH.search(text)
    if mismatch and mismatch["name"] in by_name:
        return _mismatch(by_name[mismatch["name"]], mismatch["computed"])
    fetching = explain.unreachable(text)
    if fetching is not None:
        return InstallationError(fetching.message, hint=fetching.hint)
    failed = _FAILED.search(text)
    if failed and failed["name"] in by_name:
        file = by_name[failed["name"]]
        return InstallationError(
            f"{_described(file)} could not be fetched or unpacked\nuv says:\n{_indented(detail)}",
            hint="the index serves something that is no wheel, or the connection broke: try again, or ask its keeper",
        )
    absent = _ABSENT.search(text)
    if absent and absent["name"] in by_name:
        return _absent(by_name[absent["name"]], text, detail)
    return InstallationError(
        f"the locked files could not be installed\nuv says:\n{_indented(detail)}",
        hint="if the text above does not help, report it",
    )


def _mismatch(file: SelectedFile, computed: str) -> InstallationError:
    return InstallationError(
        f"{_described(file)} is not the file that was locked\n"
        f"  the lock has sha256 {file.sha256}\n"
        f"  the file has sha256 {computed}",
        hint="nothing was installed. Either the lock was edited, or the index serves another file than when it was "
        f"locked: find out which; if you trust the file, `hermes lock --upgrade-package {file.package}`",
    )


def _absent(file: SelectedFile, text: str, detail: str) -> InstallationError:
    if "was not found in the cache" in text or "network was disabled" in text:
        return InstallationError(
            f"{_described(file)} is not in the wheel cache, and the index may not be asked (--offline)",
            hint="run the command once without --offline",
        )
    return InstallationError(
        f"the index does not have {_described(file)}, which the lock asks for\nuv says:\n{_indented(detail)}",
        hint="use the index that the lock was made with (UV_DEFAULT_INDEX), or `hermes lock --upgrade-package "
        f"{file.package}`",
    )


def _described(file: SelectedFile) -> str:
    return f"{file.file} ({file.package} {file.version})"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
