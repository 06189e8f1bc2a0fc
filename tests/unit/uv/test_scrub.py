import pytest

from hermes.uv import scrub


def test_nothing_passes_but_where_and_how_to_fetch() -> None:
    caller = {
        "HTTPS_PROXY": "http://proxy.invalid:3128",
        "no_proxy": "localhost",
        "SSL_CERT_DIR": "/certificates",
        "REQUESTS_CA_BUNDLE": "/bundle.pem",
        "UV_INDEX_CORP_USERNAME": "me",
        "UV_INDEX_CORP_PASSWORD": "secret",
        "UV_DEFAULT_INDEX": "https://index.invalid/simple/",
        "UV_INDEX_URL": "https://other.invalid/simple/",
        "PIP_INDEX_URL": "https://third.invalid/simple/",
        "HOME": "/home/me",
        "PATH": "/home/me/bin:/usr/bin",
        "LANG": "de_DE.UTF-8",
        "TMPDIR": "/scratch",
        "UV_OFFLINE": "1",
        "UV_EXTRA_INDEX_URL": "https://evil.invalid/",
        "UV_INDEX": "https://evil.invalid/",
        "UV_CONFIG_FILE": "/evil.toml",
        "UV_HTTP_RETRIES": "99",
        "PIP_FIND_LINKS": "/evil",
        "PIP_EXTRA_INDEX_URL": "https://evil.invalid/",
        "PYTHONPATH": "/evil",
        "PYTHONHOME": "/evil",
        "VIRTUAL_ENV": "/evil",
        "CONDA_PREFIX": "/evil",
        "__PYVENV_LAUNCHER__": "/evil",
        "HERMES_HOME": "/evil",
        "ALL_PROXY": "",
    }

    assert scrub.scrubbed(caller, home="/empty", retries=3) == {
        "HTTPS_PROXY": "http://proxy.invalid:3128",
        "no_proxy": "localhost",
        "SSL_CERT_DIR": "/certificates",
        "REQUESTS_CA_BUNDLE": "/bundle.pem",
        "UV_INDEX_CORP_USERNAME": "me",
        "UV_INDEX_CORP_PASSWORD": "secret",
        "UV_DEFAULT_INDEX": "https://index.invalid/simple/",
        "NETRC": "/home/me/.netrc",
        "HOME": "/empty",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": "/scratch",
        "UV_HTTP_RETRIES": "3",
    }


@pytest.mark.parametrize(
    ("caller", "made"),
    [
        ({"UV_INDEX_URL": "a", "PIP_INDEX_URL": "b"}, {"UV_DEFAULT_INDEX": "a"}),
        ({"UV_DEFAULT_INDEX": "", "PIP_INDEX_URL": "b"}, {"UV_DEFAULT_INDEX": "b"}),
        ({"PIP_CERT": "/pip.pem"}, {"SSL_CERT_FILE": "/pip.pem"}),
        ({"REQUESTS_CA_BUNDLE": "/r", "PIP_CERT": "/p"}, {"REQUESTS_CA_BUNDLE": "/r", "SSL_CERT_FILE": "/r"}),
        ({"SSL_CERT_FILE": "/s", "PIP_CERT": "/", "SSL_CERT_DIR": "/d"}, {"SSL_CERT_FILE": "/s", "SSL_CERT_DIR": "/d"}),
        ({"NETRC": "/netrc", "HOME": "/home/me"}, {"NETRC": "/netrc"}),
        (
            {"UV_KEYRING_PROVIDER": "subprocess", "PATH": "/mine", "HOME": "/home/me", "NETRC": "/n"},
            {"UV_KEYRING_PROVIDER": "subprocess", "PATH": "/mine", "HOME": "/home/me", "NETRC": "/n"},
        ),
    ],
)  # fmt: skip
def test_one_name_stands_for_another(caller: dict[str, str], made: dict[str, str]) -> None:
    base = {"PATH": "/usr/bin:/bin", "HOME": "/empty", "LANG": "C.UTF-8", "UV_HTTP_RETRIES": "0"}

    assert scrub.scrubbed(caller, home="/empty", retries=0) == {**base, **made}


def test_credentials_are_hidden_in_every_spelling() -> None:
    hidden = scrub.secrets(
        {
            "UV_DEFAULT_INDEX": "https://me:p%40ss%2Fword@index.invalid/simple/",
            "PIP_INDEX_URL": "https://t0ken@other.invalid/simple/",
            "HTTPS_PROXY": "http://proxy:pr0xy@proxy.invalid",
            "UV_INDEX_CORP_PASSWORD": "c0rp",
            "NOT_A_URL": "http://[broken@",
            "PLAIN": "https://index.invalid/simple/",
        }
    )
    text = (
        "p%40ss%2Fword p@ss/word t0ken pr0xy c0rp "
        "https://you:else@third.invalid/x https://index.invalid/simple/ git+ssh://git@host.invalid/y a@b.invalid"
    )

    assert hidden == ("p%40ss%2Fword", "p@ss/word", "pr0xy", "t0ken", "c0rp")
    assert scrub.redact(text, hidden) == (
        "**** **** **** **** **** "
        "https://****@third.invalid/x https://index.invalid/simple/ git+ssh://****@host.invalid/y a@b.invalid"
    )
