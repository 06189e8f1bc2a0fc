"""What the installer's process gets of the caller's environment variables, and what must never reach a message.

Nothing passes but where to fetch from, with which credentials, through which proxy, trusting which authorities.
"""

import re
from collections.abc import Iterator, Mapping
from os import pathsep
from urllib.parse import unquote, urlsplit

HIDDEN = "****"

_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
_PASSED = (
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "UV_KEYRING_PROVIDER",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "WINDIR",
)
_INDEX_CREDENTIAL = re.compile(r"UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)")
_USER_INFO = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s'\"`]+@")
_BASE_PATH = pathsep.join(("/usr/bin", "/bin"))


def scrubbed(caller: Mapping[str, str], *, home: str, retries: int) -> dict[str, str]:
    """Make the installer's environment variables; `home` is an empty folder of hermes's own."""
    made = {name: caller[name] for name in _PASSED if caller.get(name)}
    made.update({name: value for name, value in caller.items() if _INDEX_CREDENTIAL.fullmatch(name)})
    index = next((caller[name] for name in _INDEX if caller.get(name)), None)
    if index:
        made["UV_DEFAULT_INDEX"] = index
    certificates = next((caller[name] for name in _CERTIFICATES if caller.get(name)), None)
    if certificates and not (caller.get("SSL_CERT_DIR") and not caller.get("SSL_CERT_FILE")):
        made["SSL_CERT_FILE"] = certificates
    netrc = caller.get("NETRC") or (f"{caller['HOME']}/.netrc" if caller.get("HOME") else "")
    if netrc:
        made["NETRC"] = netrc
    made.update(PATH=_BASE_PATH, HOME=home, LANG="C.UTF-8", UV_HTTP_RETRIES=str(retries))
    if "UV_KEYRING_PROVIDER" in made:  # the keyring program is found by PATH and keeps its store below HOME
        made.update({name: caller[name] for name in ("PATH", "HOME") if caller.get(name)})
    return made


def secrets(caller: Mapping[str, str]) -> tuple[str, ...]:
    """Find the credentials among the caller's variables, in every spelling, longest first."""
    found: set[str] = set()
    for name, value in caller.items():
        if _INDEX_CREDENTIAL.fullmatch(name) and name.endswith("_PASSWORD"):
            found.add(value)
        elif "://" in value and "@" in value:
            found.update(_of_url(value))
    return tuple(sorted((text for text in found if text), key=lambda text: (-len(text), text)))


def redact(text: str, hidden: tuple[str, ...]) -> str:
    """Hide the user part of every URL, and each of `hidden` wherever it stands."""
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return _USER_INFO.sub(rf"\g<scheme>{HIDDEN}@", text)


def _of_url(value: str) -> Iterator[str]:
    """Give the password of a URL, or its user where there is no password: tokens are written that way."""
    try:
        user, has_password, password = urlsplit(value).netloc.rpartition("@")[0].partition(":")
    except ValueError:
        return
    secret = password if has_password else user
    yield from (secret, unquote(secret))
