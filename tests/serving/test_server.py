"""The front desk starts as a program, answers in a browser's way, and refuses to let anybody in."""

from __future__ import annotations

import http.client
import json
import signal
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from own_certificate import write_certificate
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.archive.store import entry_paths
from teachback.cli.app import run
from teachback.serving import server
from teachback.serving.log_in import save_person
from teachback.serving.print_audit import AUDIT, state_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

READER = {"topic": "tiny", "language": "en", "audience": "ckd"}
PAPER = {"paper": "a4", "size": "standard", "depth": "full"}
NAMED = TINY.replace(
    "red_flags:\n", "fields:\n  - {name: patient, label: For}\npersonal: [patient]\nred_flags:\n"
)


@pytest.mark.slow
def test_a_desk_is_started_prints_and_ends_when_interrupted(workspace: Make) -> None:
    """The first line is the address; by it a browser enters, and prints from memory.

    What was printed right before the end is in the archive.
    """
    files = {"content/handouts/tiny.yaml": NAMED, "teachback.toml": 'archive = "kept"\n'}
    clinic = workspace(files)
    state = state_folder(clinic.root)
    (state / AUDIT).write_text('{"before": "what was taken away"}\n', encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "-P", "-m", "teachback", "serve", "--port", "0", "--no-browser"],
        cwd=clinic.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        host, _, secret = address.removeprefix("http://").partition("/enter#")
        connection = http.client.HTTPConnection(host, timeout=60)
        headers = {"X-Teachback": "1", "Origin": f"http://{host}"}

        def ask(path: str, body: dict[str, Any]) -> http.client.HTTPResponse:
            headers["Content-Type"] = "application/json"
            connection.request("POST", path, json.dumps(body), headers)
            return connection.getresponse()

        entered = ask("/enter", {"token": secret})
        assert entered.read() == b""
        headers["Cookie"] = str(entered.headers["Set-Cookie"]).partition(";")[0]
        opened = json.loads(ask("/desk/edition", {**READER, **PAPER}).read())
        printed = ask("/desk/print", {"key": opened["key"], "values": {"patient": "Canary"}})
        assert printed.headers["Content-Type"] == "application/pdf"
        assert printed.headers["Server"] is None
        assert printed.read().startswith(b"%PDF-")
        connection.request("GET", "/", headers=headers)
        page = connection.getresponse()
        assert page.status == 200
        assert b"<title>Teachback</title>" in page.read()
        connection.close()
    finally:
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert "Canary" not in out + err
    assert "Traceback" not in err
    assert (
        f"{AUDIT}:1:1: warning: this line does not follow the one before: one was changed or taken away"
        in err
    )
    assert "Canary" not in (state / AUDIT).read_text(encoding="utf-8")
    assert sorted(path.name for path in state.iterdir()) == [".gitignore", AUDIT]
    assert list(entry_paths(clinic.root / "kept")) == [opened["printed_code"].replace(" ", "")]


def test_the_server_loads_nothing_that_prints() -> None:
    """Only the processes that print hold the libraries that lay out, check and read pages."""
    names = "asyncio, uvicorn, teachback.serving.server, teachback.serving.desk_app"
    words = [sys.executable, "-P", "-c", f"import sys, {names}; print(*sys.modules)"]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert {"starlette", "uvicorn", "teachback.serving.room_starter"} < set(loaded)
    heavy = ("weasyprint", "pikepdf", "babel", "teachback.html", "teachback.checking")
    assert [name for name in loaded if name.startswith(heavy)] == []


@pytest.mark.slow
def test_on_a_network_people_enter_by_name_over_tls(workspace: Make, tmp_path: Path) -> None:
    """The address has no secret; a person enters by password, and the cookie is the host's."""
    clinic = workspace()
    save_person(state_folder(clinic.root), "Desk one", "four words in a row")
    cert, key = write_certificate(tmp_path, "desk.example")
    words = ["serve", "--no-browser", "--port", "0", "--lan", "--name", "desk.example"]
    started = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "teachback",
            *words,
            "--tls-cert",
            str(cert),
            "--tls-key",
            str(key),
        ],
        cwd=clinic.root,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        host = address.removeprefix("https://")
        trusting = ssl.create_default_context(cafile=cert)
        trusting.check_hostname = False
        connection = http.client.HTTPSConnection(
            "127.0.0.1", int(host.partition(":")[2]), timeout=60, context=trusting
        )
        headers = {"X-Teachback": "1", "Origin": address, "Host": host}
        headers["Content-Type"] = "application/json"

        def enter(password: str) -> http.client.HTTPResponse:
            body = json.dumps({"name": "Desk one", "password": password})
            connection.request("POST", "/enter", body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer

        assert enter("four words in a now").status == 403
        entered = enter("four words in a row")
        assert entered.status == 204
        assert str(entered.headers["Set-Cookie"]).startswith("__Host-teachback=")
        assert "max-age" in str(entered.headers["Strict-Transport-Security"])
        connection.close()
    finally:
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["--lan", "--name", "desk.example"], "only with TLS"),
        (["--lan", "--tls-cert", "a.pem", "--tls-key", "a.pem"], "need a name"),
        (["--lan", "--behind-proxy", "https://desk.example"], "cannot be combined"),
        (["--name", "desk.example"], "only with --lan"),
        (["--lan", "--name", "desk.example", "--tls-cert", "a.pem"], "only with TLS"),
        (["--lan", "--name", "a", "--tls-cert", "a.pem", "--tls-key", "a.pem"], "nobody may enter"),
        (["--behind-proxy", "https://desk.example"], "nobody may enter yet"),
        (["--printer-queue=-x"], "queue"),
    ],
)
def test_what_would_let_anybody_in_is_refused(
    workspace: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    refused: str,
) -> None:
    """On a network the desk needs TLS, a name, and people; nothing is started without."""
    clinic = workspace()
    (clinic.root / "a.pem").touch()
    monkeypatch.chdir(clinic.root)
    assert run(["serve", "--no-browser", *words]) == 2
    assert refused in capsys.readouterr().err


def test_the_pages_of_an_author_are_opened_by_name(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address leads there; a wrong name is refused with the nearest one before all else."""
    monkeypatch.chdir(workspace().root)
    assert run(["serve", "--no-browser", "--open", "tinny"]) == 2
    assert "Did you mean 'tiny'?" in capsys.readouterr().err
    addresses: list[str] = []

    def stop(address: str) -> None:
        addresses.append(address)
        raise KeyboardInterrupt

    order = server.ServeOrder(port=0, browser=False, handout="tiny")
    with pytest.raises(KeyboardInterrupt):
        server.serve_desk(resolve({}, workspace()), workspace(), order, stop, lambda _: None)
    assert addresses[0].endswith("/preview/tiny")
    assert "/enter#" in addresses[0]


@pytest.mark.parametrize("proxy", ["http://desk.example", "desk.example", "https://x/path", "x"])
def test_the_address_of_a_proxy_has_tls_and_no_path(
    workspace: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    proxy: str,
) -> None:
    """Any other address is refused."""
    clinic = workspace()
    save_person(state_folder(clinic.root), "Desk one", "four words in a row")
    monkeypatch.chdir(clinic.root)
    assert run(["serve", "--no-browser", "--behind-proxy", proxy]) == 2
    assert "is not the address of a proxy" in capsys.readouterr().err


def test_the_usual_port_of_a_proxy_is_left_out(workspace: Make) -> None:
    """Browsers do not send it as part of the host, so every request would be refused with it."""
    clinic = workspace()
    save_person(state_folder(clinic.root), "Desk one", "four words in a row")
    addresses: list[str] = []

    def stop(address: str) -> None:
        addresses.append(address)
        raise KeyboardInterrupt

    network = server.NetworkOrder(proxy="https://Desk.example:443")
    order = server.ServeOrder(port=0, browser=False, network=network)
    with pytest.raises(KeyboardInterrupt):
        server.serve_desk(resolve({}, clinic), clinic, order, stop, lambda _: None)
    assert addresses == ["https://desk.example"]


def test_without_its_extra_the_desk_says_how_to_get_it(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the command that installs it."""
    clinic = workspace()
    monkeypatch.chdir(clinic.root)
    monkeypatch.setattr(server, "find_spec", lambda _: None)
    assert run(["serve", "--no-browser"]) == 1
    assert "teachback[serve]" in capsys.readouterr().err


def test_a_port_in_use_is_told(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another desk may use it: the message says so."""
    clinic = workspace()
    monkeypatch.chdir(clinic.root)
    used = server._listen("127.0.0.1", 0)  # noqa: SLF001 -- any port that is in use
    try:
        assert run(["serve", "--no-browser", "--port", str(used.getsockname()[1])]) == 2
    finally:
        used.close()
    assert "cannot be opened" in capsys.readouterr().err
