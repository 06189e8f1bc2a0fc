"""Sessions as `hermes list` shows them."""

from collections.abc import Sequence

from hermes.model.project import Project, Session
from hermes.report.style import Style


def table(project: Project, sessions: Sequence[Session], style: Style) -> str:
    """Return a line per session: name, layer, Pythons, environment, tags, and whether it runs by default."""
    rows = [
        (
            session.name,
            session.layer or "-",
            " ".join(session.python),
            f"{session.environment} ({project.environments[session.environment].package})",
            " ".join([*session.tags, *([] if session.default else ["not by default"])]),
        )
        for session in sessions
    ]
    titles = ("session", "layer", "python", "environment (package)", "tags")
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    lines = [style.paint("bold", _line(titles, widths))]
    lines.extend(_line(row, widths) for row in rows)
    return "\n".join(lines)


def as_json(project: Project, sessions: Sequence[Session]) -> dict[str, object]:
    """Return the sessions in the form that `--json` prints."""
    return {
        "format": "hermes-list-1",
        "layers": list(project.layers),
        "sessions": [
            {
                "name": session.name,
                "layer": session.layer,
                "python": list(session.python),
                "environment": session.environment,
                "package": project.environments[session.environment].package,
                "tags": list(session.tags),
                "default": session.default,
            }
            for session in sessions
        ],
    }


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
