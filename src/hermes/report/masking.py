"""What a session was given as a secret, hidden in everything that is said about its jobs."""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hermes.model.event import CommandFinished, Event, JobFinished
from hermes.model.project import Session

HIDDEN = "****"


def names(sessions: Iterable[Session]) -> tuple[str, ...]:
    """Return the variables that sessions declare as secrets, sorted."""
    return tuple(sorted({name for session in sessions for name in session.secrets}))


def masked(event: Event, values: Sequence[str]) -> Event:
    """Return an event without the values of secrets: a command may have been given one as a word (`{env.TOKEN}`)."""
    if isinstance(event, CommandFinished):
        return replace(event, argv=tuple(hide(word, values) for word in event.argv))
    if isinstance(event, JobFinished):
        return replace(event, reason=hide(event.reason, values))
    return event


def hide(text: str, values: Sequence[str]) -> str:
    """Return a text with each value replaced, the longest spelling first."""
    spellings = {spelling for value in values for spelling in _spellings(value) if spelling.strip()}
    for spelling in sorted(spellings, key=lambda each: (-len(each), each)):
        text = text.replace(spelling, HIDDEN)
    return text


def _spellings(value: str) -> Iterator[str]:
    """Give a value as it may stand in a message: as it is, quoted for a shell or by Python, its lines joined."""
    quoted = (
        shlex.quote(value).strip("'"),
        value.replace("'", "'\\''"),
        re.sub(r'([\\"$`])', r"\\\1", value),
        repr(value)[1:-1],
    )
    for spelling in (value, *quoted):
        yield from (spelling, " ".join(spelling.split()))
