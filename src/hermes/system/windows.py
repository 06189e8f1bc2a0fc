"""The interpreters that the Windows registry knows, as PEP 514 has it. Written to that document; not run on Windows."""

import sys
from pathlib import Path

if sys.platform == "win32":
    import winreg
    from contextlib import suppress

    _ROOTS = (
        (winreg.HKEY_CURRENT_USER, 0),
        (winreg.HKEY_LOCAL_MACHINE, winreg.KEY_WOW64_64KEY),
        (winreg.HKEY_LOCAL_MACHINE, winreg.KEY_WOW64_32KEY),
    )

    def registered() -> list[str]:
        """Return the executables that each InstallPath key names."""
        found: list[str] = []
        for root, view in _ROOTS:
            for company in _subkeys(root, r"Software\Python", view):
                if company == "PyLauncher":  # PEP 514 reserves this name for the launcher's settings.
                    continue
                for tag in _subkeys(root, rf"Software\Python\{company}", view):
                    executable = _executable(root, rf"Software\Python\{company}\{tag}\InstallPath", view)
                    if executable:
                        found.append(executable)
        return list(dict.fromkeys(found))

    def _subkeys(root: int, path: str, view: int) -> list[str]:
        names: list[str] = []
        with suppress(OSError), winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
            while True:  # EnumKey raises OSError behind the last one.
                names.append(winreg.EnumKey(key, len(names)))
        return names

    def _executable(root: int, path: str, view: int) -> str | None:
        try:
            with winreg.OpenKey(root, path, 0, winreg.KEY_READ | view) as key:
                with suppress(FileNotFoundError):
                    return str(winreg.QueryValueEx(key, "ExecutablePath")[0])
                return str(Path(winreg.QueryValueEx(key, "")[0]) / "python.exe")
        except OSError:
            return None

else:

    def registered() -> list[str]:
        """Return nothing: there is no registry here."""
        return []
