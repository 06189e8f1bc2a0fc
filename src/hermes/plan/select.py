"""Which sessions the words of a command line mean, and which interpreters `-p` leaves."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from hermes.errors import UsageError
from hermes.model.project import Project, Session
from hermes.model.request import PythonRequest, parse_request


def select(project: Project, words: Sequence[str], *, also: Iterable[str] = ()) -> tuple[Session, ...]:
    """Return the sessions that the words name, in the envfile's order; every default one where there are no words.

    A bare word is a session, else a layer, else a tag, else a glob over session names; `layer:X` and `tag:X` say
    which. Raises UsageError for a word that matches nothing; `also` are words that the caller takes besides.
    """
    if not words:
        return tuple(session for session in project.sessions.values() if session.default)
    chosen = {session.name for word in words for session in _match(project, word, also)}
    return tuple(session for session in project.sessions.values() if session.name in chosen)


def _match(project: Project, word: str, also: Iterable[str]) -> list[Session]:
    sessions = list(project.sessions.values())
    kind, _, value = word.partition(":")
    if kind == "layer" and value:
        found = [session for session in sessions if session.layer == value]
    elif kind == "tag" and value:
        found = [session for session in sessions if value in session.tags]
    else:
        found = (
            [session for session in sessions if session.name == word]
            or [session for session in sessions if session.layer == word]
            or [session for session in sessions if word in session.tags]
            or [session for session in sessions if fnmatchcase(session.name, word)]
        )
    if not found:
        raise _unknown(project, word, also)
    return found


def _unknown(project: Project, word: str, also: Iterable[str]) -> UsageError:
    layers = [layer for layer in project.layers if any_in_layer(project, layer)]
    prefix, known = "", [*also, *project.sessions, *layers, *all_tags(project)]
    for kind, values in (("layer:", layers), ("tag:", all_tags(project))):
        if word.startswith(kind):
            prefix, known = kind, values
    near = get_close_matches(word.removeprefix(prefix), known, n=1)
    listed = ", ".join(dict.fromkeys(f"{prefix}{each}" for each in known)) or "none"
    hint = f"did you mean '{prefix}{near[0]}'?" if near else f"there are: {listed}"
    kinds = f"{'environment, ' if also else ''}session, layer, tag or glob"
    return UsageError(f"no {kinds} matches {word!r}", hint=hint)


def any_in_layer(project: Project, layer: str) -> bool:
    """Tell whether some session stands in the layer."""
    return any(session.layer == layer for session in project.sessions.values())


def all_tags(project: Project) -> list[str]:
    """Return every tag that some session bears, in order of appearance."""
    return list(dict.fromkeys(tag for session in project.sessions.values() for tag in session.tags))


def narrow(requests: Iterable[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the requests that `-p` leaves, decided by their text alone.

    `-p 3.12` takes the request "3.12", and exact ones such as "3.12.1". A range or a path stands for an interpreter
    that has yet to be found: it stays, and `fits` decides. Raises UsageError for what is no Python.
    """
    if not wanted:
        return tuple(requests)
    for want in wanted:
        try:
            parse_request(want)
        except ValueError as error:
            raise UsageError(f"-p: {error}") from None
    return tuple(request for request in requests if any(_may_fit(request, want) for want in wanted))


def fits(request: str, wanted: Sequence[str], *, implementation: str, version: str, free_threaded: bool) -> bool:
    """Tell whether an interpreter that was found for a request is one of those that `-p` asks for."""
    return not wanted or any(
        request == want or _is(parse_request(want), implementation, version, free_threaded) for want in wanted
    )


def _is(want: PythonRequest, implementation: str, version: str, free_threaded: bool) -> bool:
    """Tell whether a Python is the one that was asked for; a path names a file, and no other will do."""
    return want.kind != "path" and want.matches(implementation, version, free_threaded)


def _may_fit(request: str, want: str) -> bool:
    if request == want or request.startswith(f"{want}."):
        return True
    return parse_request(request).kind in {"range", "path"}
