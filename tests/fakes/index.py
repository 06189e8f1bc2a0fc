"""A package index of the tests' own: the simple API (HTML and JSON) on 127.0.0.1, in a thread of the test process."""

import base64
import html
import json
import re
import sys
import threading
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from fakes import wheels

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
UPLOADED = "2020-02-02T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """One file as the index offers it; `served` are its bytes, `hashes` what the index claims about them."""

    name: str
    served: bytes
    hashes: tuple[tuple[str, str], ...]
    metadata: bytes | None = None
    requires_python: str | None = None
    upload_time: str = UPLOADED
    yanked: str | None = None


@dataclass(slots=True)
class Index:
    """A running index: `url` is what installers are given; add files, count requests, take it down and up again.

    With `credentials` every request must carry them as basic authentication. With `core_metadata` false, wheels are
    offered without their metadata beside them.
    """

    folder: Path
    credentials: tuple[str, str] | None = None
    core_metadata: bool = True
    requests: list[str] = field(default_factory=list)
    _projects: dict[str, dict[str, Hosted]] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None
    _port: int = 0

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def url(self) -> str:
        """The address of the simple API, without credentials."""
        return f"http://127.0.0.1:{self._port}/simple/"

    @property
    def url_with_credentials(self) -> str:
        """The address with the user and password that the index asks for."""
        user, password = self.credentials or ("nobody", "nothing")
        return f"http://{quote(user)}:{quote(password, safe='')}@127.0.0.1:{self._port}/simple/"

    def up(self) -> None:
        """Serve, on the port that was served before, if there was one."""
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.index = self
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Stop serving: connections are refused from now on."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    def make(self, name: str, version: str, **arguments: Any) -> Hosted:
        """Make a wheel with `wheels.make_wheel` and offer it."""
        path = wheels.make_wheel(self.folder, name, version, **arguments)
        return self.add(path, requires_python=arguments.get("requires_python"))

    def make_sdist(self, name: str, version: str, **arguments: Any) -> Hosted:
        """Make a source distribution with `wheels.make_sdist` and offer it."""
        path = wheels.make_sdist(self.folder, name, version, **arguments)
        return self.add(path, requires_python=arguments.get("requires_python"))

    def add(
        self,
        path: Path,
        *,
        requires_python: str | None = None,
        upload_time: str = UPLOADED,
        yanked: str | None = None,
        hashes: tuple[tuple[str, str], ...] | None = None,
    ) -> Hosted:
        """Offer a file; `hashes` other than its sha256 can be claimed, () for none."""
        hosted = Hosted(
            name=path.name,
            served=path.read_bytes(),
            hashes=(("sha256", wheels.sha256_of(path)),) if hashes is None else hashes,
            metadata=_metadata_of(path),
            requires_python=requires_python,
            upload_time=upload_time,
            yanked=yanked,
        )
        self._projects.setdefault(_project_of(path.name), {})[path.name] = hosted
        return hosted

    def change(self, name: str, **fields: Any) -> Hosted:
        """Offer a file differently from now on: other `served` bytes, `hashes`, `yanked`, ..."""
        files = self._projects[_project_of(name)]
        files[name] = replace(files[name], **fields)
        return files[name]

    def remove(self, name: str) -> None:
        """Offer a file no longer."""
        del self._projects[_project_of(name)][name]

    def count(self, part: str = "") -> int:
        """How many requests there were whose path contains `part`."""
        return sum(part in path for path in self.requests)

    def answer(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and body for one request."""
        match [unquote(part) for part in path.strip("/").split("/")]:
            case ["simple", project] if project in self._projects:
                offered = list(self._projects[project].values())
                if JSON_TYPE in accept:
                    return HTTPStatus.OK, JSON_TYPE, json.dumps(self._page(project, offered)).encode()
                return HTTPStatus.OK, "text/html", self._html(offered).encode()
            case ["files", project, name]:
                return self._file(project, name)
            case _:
                return HTTPStatus.NOT_FOUND, "text/plain", b"no such project\n"

    def _file(self, project: str, name: str) -> tuple[HTTPStatus, str, bytes]:
        files = self._projects.get(project, {})
        if name in files:
            return HTTPStatus.OK, "application/octet-stream", files[name].served
        hosted = files.get(name.removesuffix(".metadata"))
        if self.core_metadata and hosted is not None and hosted.metadata is not None:
            return HTTPStatus.OK, "text/plain", hosted.metadata
        return HTTPStatus.NOT_FOUND, "text/plain", b"no such file\n"

    def _page(self, project: str, offered: list[Hosted]) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        for hosted in offered:
            row: dict[str, Any] = {
                "filename": hosted.name,
                "url": f"../../files/{project}/{quote(hosted.name)}",
                "hashes": dict(hosted.hashes),
                "size": len(hosted.served),
                "upload-time": hosted.upload_time,
                "yanked": hosted.yanked or False,
                "core-metadata": self.core_metadata and hosted.metadata is not None,
            }
            if hosted.requires_python:
                row["requires-python"] = hosted.requires_python
            rows.append(row)
        return {"meta": {"api-version": "1.1"}, "name": project, "versions": [], "files": rows}

    def _html(self, offered: list[Hosted]) -> str:
        lines = ["<!DOCTYPE html><html><body>"]
        for hosted in offered:
            fragment = "".join(f"#{name}={value}" for name, value in hosted.hashes[:1])
            attributes = ""
            if hosted.requires_python:
                attributes += f' data-requires-python="{html.escape(hosted.requires_python)}"'
            if hosted.yanked:
                attributes += f' data-yanked="{html.escape(hosted.yanked)}"'
            if self.core_metadata and hosted.metadata is not None:
                attributes += ' data-core-metadata="true"'
            address = f"../../files/{_project_of(hosted.name)}/{quote(hosted.name)}{fragment}"
            lines.append(f'<a href="{address}"{attributes}>{hosted.name}</a><br>')
        return "\n".join([*lines, "</body></html>"])


class _Server(ThreadingHTTPServer):
    index: Index
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client hung up, as installers do when another download of theirs failed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer one GET."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer one HEAD."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        index = self.server.index
        path = urlsplit(self.path).path
        index.requests.append(path)
        if index.credentials is not None:
            expected = base64.b64encode(":".join(index.credentials).encode()).decode()
            if self.headers.get("Authorization") != f"Basic {expected}":
                self._send(HTTPStatus.UNAUTHORIZED, "text/plain", b"who are you?\n", with_body=with_body)
                return
        status, content_type, body = index.answer(path, self.headers.get("Accept", ""))
        self._send(status, content_type, body, with_body=with_body)

    def _send(self, status: HTTPStatus, content_type: str, body: bytes, *, with_body: bool) -> None:
        self.send_response(status)
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Stay silent: `Index.requests` is the log."""


def _project_of(filename: str) -> str:
    return re.sub(r"[-_.]+", "-", filename.split("-", maxsplit=1)[0]).lower()


def _metadata_of(path: Path) -> bytes | None:
    if path.suffix != ".whl":
        return None
    return wheels.read_metadata(path)
