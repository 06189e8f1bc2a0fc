import pytest

from hermes.model.plan import SelectedFile
from hermes.uv import failures

FILES = [
    SelectedFile(package=name, version="1.0", file=f"{name}-1.0-py3-none-any.whl", sha256="e" * 64)
    for name in ("alpha", "beta-x")
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "Resolved 2 packages in 3ms\nerror: Failed to download `beta-x==1.0`\n"
            "  cause: Hash mismatch for `beta-x==1.0`\n\n         Expected:\n           sha256:" + "e" * 64 + "\n\n"
            "         Computed:\n           sha256:" + "c" * 64 + "\n",
            "beta-x-1.0-py3-none-any.whl (beta-x 1.0) is not the file that was locked\n"
            "  the lock has sha256 " + "e" * 64 + "\n  the file has sha256 " + "c" * 64,
            id="mismatch",
        ),
        pytest.param(
            "error: No solution found when resolving dependencies\n"
            "  cause: Because alpha was not found in the cache and you require alpha==1.0, we can conclude that your "
            "requirements are unsatisfiable.\n\n"
            "hint: Packages were unavailable because the network was disabled. When the network is disabled, ...\n",
            "alpha-1.0-py3-none-any.whl (alpha 1.0) is not in the wheel cache, "
            "and the index may not be asked (--offline)",
            id="offline",
        ),
        pytest.param(
            "error: No solution found when resolving dependencies\n"
            "  cause: Because there is no version of alpha==1.0 and you require alpha==1.0, we can conclude that ...\n",
            "the index does not have alpha-1.0-py3-none-any.whl (alpha 1.0), which the lock asks for\nuv says:\n"
            "  No solution found when resolving dependencies\n"
            "  Because there is no version of alpha==1.0 and you require alpha==1.0, we can conclude that ...",
            id="version",
        ),
        pytest.param(
            "error: No solution found when resolving dependencies\n"
            "  cause: Because alpha==1.0 has no wheels with a matching Python implementation tag (e.g., `cp311`) and "
            "you require alpha==1.0, ...\n",
            "the index does not have alpha-1.0-py3-none-any.whl (alpha 1.0), which the lock asks for\nuv says:\n"
            "  No solution found when resolving dependencies\n"
            "  Because alpha==1.0 has no wheels with a matching Python implementation tag (e.g., `cp311`) and "
            "you require alpha==1.0, ...",
            id="other wheels",
        ),
        pytest.param(
            "error: Failed to download `alpha==1.0`\n  cause: Failed to extract archive: alpha-1.0-py3-none-any.whl\n",
            "alpha-1.0-py3-none-any.whl (alpha 1.0) could not be fetched or unpacked\nuv says:\n"
            "  Failed to download `alpha==1.0`\n  Failed to extract archive: alpha-1.0-py3-none-any.whl",
            id="broken",
        ),
        pytest.param(
            "error: Failed to fetch: http://127.0.0.1:8080/simple/alpha/\n"
            "  cause: error sending request for url (http://127.0.0.1:8080/simple/alpha/)\n"
            "  cause: Connection refused (os error 111)\n",
            "the package index gave no answer: http://127.0.0.1:8080/simple/alpha/: Connection refused (os error 111)",
            id="down",
        ),
        pytest.param(
            "error: No space left on device (os error 28)\n",
            "the locked files could not be installed\nuv says:\n  No space left on device (os error 28)",
            id="unknown",
        ),
    ],
)
def test_what_uv_says_about_files(text: str, message: str) -> None:
    error = failures.explained(text, FILES)

    assert error.message == message
    assert error.hint
