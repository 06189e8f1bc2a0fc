"""JSON documents that say whether they are whole: a first line with format and digest, then the value.

    {"format":1,"sha256":"<of all bytes after this line>","value":
    ...}

A torn, edited or foreign file does not answer its own digest and reads as None.
"""

import hashlib
import json
from typing import Any

_DIGEST_LENGTH = 64
_HEAD_END = b'","value":\n'


def seal(value: Any, *, format_version: int) -> bytes:
    """Return the bytes of a document."""
    body = json.dumps(value, separators=(",", ":")).encode("ascii") + b"}\n"
    return _head(format_version) + hashlib.sha256(body).hexdigest().encode("ascii") + _HEAD_END + body


def unseal(data: bytes, *, format_version: int) -> Any:
    """Return the value of a document, or None where it is not whole, not of this format, or not JSON."""
    head = _head(format_version)
    start = len(head) + _DIGEST_LENGTH
    if not data.startswith(head) or data[start : start + len(_HEAD_END)] != _HEAD_END:
        return None
    body = data[start + len(_HEAD_END) :]
    if hashlib.sha256(body).hexdigest().encode("ascii") != data[len(head) : start]:
        return None
    try:
        return json.loads(body.removesuffix(b"}\n"))
    except (ValueError, RecursionError):
        return None


def _head(format_version: int) -> bytes:
    return b'{"format":%d,"sha256":"' % format_version
