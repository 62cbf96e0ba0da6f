"""Only the desk's own page is answered, and browsers are told to keep nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from desk_server import HOST, SECRET, DeskBrowser, StandInPress, stand_in_desk

from teachback.pdf.page_images import Strip
from teachback.printing.settings import Sides
from teachback.serving.desk_app import desk_app
from teachback.serving.desk_requests import MOST_BYTES, MOST_LIST_BYTES, MOST_PHOTO_BYTES
from teachback.serving.log_in import FREE_TRIES, SessionStore, hashed_password
from teachback.serving.print_audit import AUDIT
from teachback.serving.printer_queue import lp_command
from teachback.serving.request_guard import RequestLimit
from teachback.units import Box, Paper

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS: dict[str, Any] = {
    "topics": {"topics": []},
    "edition": {"key": "A"},
    "cards": {"key": "B"},
    "stocks": {"unfit": {}},
    "page": b"png",
    "patch": {"page": None, "faults": [], "patches": [(Strip(0, 1.0, 2.0, 3.0, 4.0), b"png")]},
    "print": {
        "pdf": b"%PDF",
        "code": "A",
        "kind": "handout",
        "box": Paper.A4.box,
        "sides": Sides.LONG_EDGE,
    },
    "list columns": {"columns": []},
    "read list": {"rows": []},
    "check list": {"rows": []},
    "print list": {"pdf": b"%PDF", "editions": {"A": 2}},
    "find": {"matches": [{"file": "0" * 64}, {"file": None}], "nearest": []},
    "archived pdf": b"%PDF",
}
READER = {"topic": "tiny", "audience": "ckd", "language": "en"}
PAPER = {"paper": "letter", "size": "standard", "depth": "full"}
# Each route with a method and a body, which is bytes for a photo, and its status when all is as the
# page sends it.
ROUTES: list[tuple[str, str, dict[str, Any] | bytes | None, int]] = [
    ("GET", "/", None, 200),
    ("GET", "/enter", None, 200),
    ("POST", "/enter", {"token": SECRET}, 204),
    ("POST", "/leave", {}, 204),
    ("GET", "/assets/1/desk.js", None, 200),
    ("GET", "/desk/topics", None, 200),
    ("POST", "/desk/edition", {**READER, **PAPER}, 200),
    ("POST", "/desk/stocks", READER, 200),
    ("POST", "/desk/cards", {**READER, "stock": "avery-5371"}, 200),
    ("GET", "/page/A/1.png", None, 200),
    ("POST", "/desk/patch", {"key": "A", "values": {"patient": "x"}}, 200),
    ("POST", "/desk/print", {"key": "A", "values": {"patient": "x"}}, 200),
    ("POST", "/list/columns", {"topic": "tiny"}, 200),
    ("POST", "/list/read", {"topic": "tiny", "name": "list.csv", "data": "aWQ="}, 200),
    ("POST", "/list/check", {"topic": "tiny", "rows": [{"number": 2, "values": {}}]}, 200),
    ("POST", "/list/print", {"topic": "tiny", "rows": [{"number": 2, "values": {}}]}, 200),
    ("POST", "/editions", {"code": "A"}, 200),
    ("POST", "/editions/scan", b"a photo", 200),
    ("GET", f"/editions/file/{'0' * 64}.pdf", None, 200),
    ("GET", "/preview", None, 200),
    ("GET", "/preview/tiny", None, 200),
    ("GET", "/preview/tiny/events", None, 200),
    ("GET", "/preview/pages/0a.png", None, 200),
]
# Who has not entered is led to the entrance from these.
ENTRANCES = {
    "/": "/enter",
    "/preview": "/enter#/preview",
    "/preview/tiny": "/enter#/preview/tiny",
}
# What differs from what the page sends; the status of a GET, and of a POST.
SLIPS: list[tuple[dict[str, str | None], int | None, int | None]] = [
    ({"host": "evil.example"}, 421, 421),
    ({"host": "127.0.0.1"}, 421, 421),
    ({"host": f"{HOST}.evil.example"}, 421, 421),
    ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403, 403),
    ({"origin": "null"}, None, 403),
    ({"origin": f"https://{HOST}"}, None, 403),
    ({"sec-fetch-site": "same-site"}, None, 403),
    ({"sec-fetch-site": "none"}, None, 403),
    ({"sec-fetch-site": None, "origin": None}, None, 403),
    ({"x-teachback": None}, None, 403),
    ({"content-type": "text/plain"}, None, 415),
    ({"content-type": "application/x-www-form-urlencoded"}, None, 415),
    ({"content-type": None}, None, 415),
    ({"content-length": str(MOST_LIST_BYTES + 1)}, None, 413),
    ({"content-length": "many"}, None, 413),
    ({"sec-fetch-site": None}, None, None),
    ({"origin": None}, None, None),
]


class Visit(NamedTuple):
    """A browser before a desk with stand-ins, and the press room that it asks."""

    browser: DeskBrowser
    press: StandInPress


def visit(
    state: Path,
    answers: dict[str, Any] | None = None,
    scheme: str = "http",
    **own: Any,  # noqa: ANN401 -- fields of Desk
) -> Visit:
    """Open a browser that has not entered."""
    desk = stand_in_desk(state, answers or ANSWERS, scheme, **own)
    press: Any = desk.press
    return Visit(DeskBrowser(desk_app(desk)), press)


def entered(
    state: Path,
    answers: dict[str, Any] | None = None,
    **own: Any,  # noqa: ANN401 -- fields of Desk
) -> Visit:
    """Open a browser that has entered."""
    found = visit(state, answers, **own)
    assert found.browser.ask("POST", "/enter", {"token": SECRET}).status == 204
    return found


@pytest.mark.parametrize(("slip", "of_get", "of_post"), [({}, None, None), *SLIPS])
def test_each_route_answers_only_what_the_page_sends(
    tmp_path: Path, slip: dict[str, str | None], of_get: int | None, of_post: int | None
) -> None:
    """A wrong host, origin, type or size is refused before the press room hears of it."""
    for method, path, body, status in (*ROUTES, *heads()):
        browser, press = entered(tmp_path)
        kind = {"content-type": "image/jpeg"} if isinstance(body, bytes) else {}
        answer = browser.ask(method, path, body, {**kind, **slip})
        expected = (of_post if method == "POST" else of_get) or status
        assert (method, path, answer.status) == (method, path, expected)
        assert answer.status < 300 or press.asked == []


def heads() -> list[tuple[str, str, None, int]]:
    """Return the routes that answer HEAD: those of GET."""
    return [("HEAD", path, None, status) for method, path, _, status in ROUTES if method == "GET"]


def test_no_route_is_missing_in_the_table(tmp_path: Path) -> None:
    """Each route of the application, by each of its methods, is one of those that are tried."""
    app: Any = desk_app(stand_in_desk(tmp_path, ANSWERS))._app  # noqa: SLF001 -- what is behind the gate
    there = {(method, route.path) for route in app.routes for method in route.methods}
    tried = {
        (method, route.path)
        for method, path, *_ in (*ROUTES, *heads())
        for route in app.routes
        if route.path_regex.match(path) and method in route.methods
    }
    assert there - tried == set()
    assert len(there) > 20


@pytest.mark.parametrize(("method", "path", "body", "status"), ROUTES)
def test_other_methods_and_browsers_without_a_session_are_refused(
    tmp_path: Path, method: str, path: str, body: dict[str, Any] | bytes | None, status: int
) -> None:
    """A method that a route does not have is refused, and so is who has not entered."""
    browser, press = visit(tmp_path)
    for wrong in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "other"):
        assert browser.ask(wrong, path).status == 405
    other = "POST" if method == "GET" else "GET"
    if path != "/enter":
        assert browser.ask(other, path, {} if other == "POST" else None).status == 405
    is_open = path == "/enter" or path.startswith("/assets/")
    shown = 303 if path in ENTRANCES else 401
    kind = {"content-type": "image/jpeg"} if isinstance(body, bytes) else {}
    answer = browser.ask(method, path, body, kind)
    assert answer.status == (status if is_open else shown)
    assert answer.headers.get("location") == ENTRANCES.get(path)
    assert press.asked == []


def test_every_answer_forbids_what_a_page_of_another_site_could_use(tmp_path: Path) -> None:
    """Refusals too have the policy, and nothing is cached but files and blank pages."""
    browser, _ = entered(tmp_path)
    cached = []
    for method, path, body, _ in [*ROUTES, ("GET", "/nowhere", None, 404), ("PUT", "/", None, 405)]:
        answer = browser.ask(method, path, body)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        if answer.headers["cache-control"] != "no-store":
            cached.append(path)
        if path == "/leave":
            browser.ask("POST", "/enter", {"token": SECRET})
    assert cached == ["/assets/1/desk.js", "/page/A/1.png", "/preview/pages/0a.png"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"key": "A"}',
        b'{"key": "A", "values": {"patient": 1}}',
        b'{"key": "A", "values": {"patient": "x"}, "more": 1}',
        b'{"key": "A", "values": {"patient": "x"}, "copies": 51}',
        b'{"key": "A", "values": {"patient": "x"}, "copies": "1"}',
        b'{"key": "A", "values": {"x": "SECRETNAME"}, "cards": {"stock": "s", "start_at": 0}}',
    ],
)
def test_a_body_that_is_no_question_is_refused_and_never_quoted(
    tmp_path: Path, body: bytes
) -> None:
    """The press room is not asked, and the answer holds nothing of what was typed."""
    browser, press = entered(tmp_path)
    answer = browser.ask("POST", "/desk/print", body)
    assert answer.status == 422
    assert "cannot be read" in answer.problems[0]["message"]
    assert "SECRETNAME" not in answer.text
    assert press.asked == []


def test_a_body_that_grows_beyond_its_limit_is_cut_off(tmp_path: Path) -> None:
    """A body without a length is read up to the limit, and then refused."""
    browser, press = entered(tmp_path)
    answer = browser.ask("POST", "/desk/print", chunks=[b" " * MOST_BYTES, b" "])
    assert answer.status == 413
    assert press.asked == []


def test_who_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    """Each session has its own number of requests; without one, all of an address share theirs."""
    now = [0.0]
    limit = RequestLimit(rate=2, at_once=3, clock=lambda: now[0])
    browser, _ = entered(tmp_path, limit=limit)  # which is a first request of the address
    asked = ("POST", "/desk/patch", {"key": "A", "values": {"patient": "SECRETNAME"}})
    assert [browser.ask(*asked).status for _ in range(4)] == [200, 200, 200, 429]
    refused = browser.ask(*asked)
    assert refused.headers["retry-after"] == "1"
    assert refused.problems == [
        {"message": "too many questions at once", "hint": "Try again in 1 s."}
    ]
    assert browser.ask("GET", "/assets/1/desk.js").status == 200
    stranger = {"cookie": "teachback=of-nobody"}
    assert [browser.ask(*asked, stranger).status for _ in range(3)] == [401, 401, 429]
    now[0] += 1
    assert [browser.ask(*asked).status for _ in range(3)] == [200, 200, 429]


def test_wrong_tries_to_enter_are_answered_later_and_later(tmp_path: Path) -> None:
    """After five, the answer is when to try again, also for the right secret."""
    browser, _ = visit(tmp_path)
    for _ in range(FREE_TRIES):
        assert browser.ask("POST", "/enter", {"token": "wrong"}).status == 403
    refused = browser.ask("POST", "/enter", {"token": SECRET})
    assert refused.status == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.problems[0]["hint"] == "Try again in 1 s."


def test_a_session_that_nobody_uses_is_locked(tmp_path: Path) -> None:
    """What the page asks by itself keeps no session open; after the idle time all is refused."""
    now = [0.0]
    people = {"Desk one": hashed_password("four words in a row")}
    sessions = SessionStore(people=people, idle=600, clock=lambda: now[0])
    browser, press = visit(tmp_path, sessions=sessions)
    asked = {"name": "Desk one", "password": "four words in a row"}
    assert browser.ask("POST", "/enter", asked).status == 204
    for _ in range(3):
        now[0] += 190
        answer = browser.ask("GET", "/desk/topics")
        assert (answer.status, json.loads(answer.body)["person"]) == (200, "Desk one")
    now[0] += 31
    before = len(press.asked)
    for method, path, body in (
        ("GET", "/desk/topics", None),
        ("POST", "/desk/print", {"key": "A", "values": {}}),
    ):
        refused = browser.ask(method, path, body)
        assert refused.status == 401
        assert refused.problems == [{"message": "this page is locked", "hint": "Log in again."}]
    assert len(press.asked) == before


def test_a_fault_of_the_program_quotes_nothing(tmp_path: Path) -> None:
    """An unexpected exception becomes a code without its message."""
    browser, _ = entered(tmp_path, {"patch": ValueError("SECRETNAME")})
    answer = browser.ask("POST", "/desk/patch", {"key": "A", "values": {}})
    assert answer.status == 500
    assert "ValueError" in answer.text
    assert "SECRETNAME" not in answer.text


def test_with_tls_the_cookie_belongs_to_this_host_alone(tmp_path: Path) -> None:
    """The cookie is secure, bound to the host, and browsers are told to use TLS."""
    browser, _ = visit(tmp_path, scheme="https")
    answer = browser.ask("POST", "/enter", {"token": SECRET}, {"origin": f"https://{HOST}"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-teachback=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    assert "max-age" in answer.headers["strict-transport-security"]


def test_the_stream_of_authors_is_sent_as_it_comes_and_knows_the_session(tmp_path: Path) -> None:
    """Nothing may collect it on its way; it asks whether its own session is still open."""
    browser, _ = entered(tmp_path)
    answer = browser.ask("GET", "/preview/tiny/events")
    assert answer.text == "data: tiny True\n\n"
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_photo_is_taken_as_it_is_and_nothing_else_is(tmp_path: Path) -> None:
    """A photo is no JSON; its route takes pictures alone, and larger ones than others."""
    browser, press = entered(tmp_path)
    photo = {"content-type": "image/jpeg"}
    assert browser.ask("POST", "/editions/scan", b" " * (MOST_BYTES + 1), photo).status == 200
    assert browser.ask("POST", "/editions/scan", {}).status == 415
    assert browser.ask("POST", "/editions", b"", photo).status == 415
    large = {**photo, "content-length": str(MOST_PHOTO_BYTES + 1)}
    assert browser.ask("POST", "/editions/scan", b"", large).status == 413
    assert [wanted for wanted, _ in press.asked] == ["find"]


def test_every_print_is_recorded_before_it_is_handed_out(tmp_path: Path) -> None:
    """The audit has the code and the number of copies; where it cannot be written, none prints."""
    browser, _ = entered(tmp_path)
    values = {"patient": "SECRETNAME"}
    printed = browser.ask("POST", "/desk/print", {"key": "A", "values": values, "copies": 3})
    assert printed.headers["content-disposition"] == 'inline; filename="handout.pdf"'
    rows = [{"number": 2, "values": values}]
    assert browser.ask("POST", "/list/print", {"topic": "t", "rows": rows}).status == 200
    audit = (tmp_path / AUDIT).read_text(encoding="utf-8")
    assert [json.loads(line)["copies"] for line in audit.splitlines()] == [3, 2]
    assert "SECRETNAME" not in audit
    (tmp_path / AUDIT).unlink()
    (tmp_path / AUDIT).mkdir()
    refused = browser.ask("POST", "/desk/print", {"key": "A", "values": values})
    assert refused.status == 422
    assert b"%PDF" not in refused.body


def test_a_queue_gets_the_file_as_input_and_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`lp` has the sides, the paper and the copies; what the page asks names no queue."""
    taken = tmp_path / "taken"
    lp = tmp_path / "lp"
    lp.write_text(f'#!/bin/sh\necho "$*" >{taken}; cat >>{taken}\n', encoding="utf-8")
    lp.chmod(0o755)
    question = {"key": "A", "values": {}, "copies": 2, "to": "queue"}
    browser, press = entered(tmp_path)
    assert browser.ask("POST", "/desk/print", question).status == 422
    browser, press = entered(tmp_path, queue="ward")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert json.loads(browser.ask("POST", "/desk/print", question).body) == {"printed": True}
    assert press.asked[0][1]["copies"] == 1
    assert taken.read_text(encoding="utf-8") == (
        "-d ward -s -t Teachback -n 2 -o media=A4 -o sides=two-sided-long-edge "
        "-o print-scaling=none -\n%PDF"
    )
    lp.write_text("#!/bin/sh\ncat >/dev/null; exit 1\n", encoding="utf-8")
    refused = browser.ask("POST", "/desk/print", question)
    assert refused.status == 422
    assert "did not take it" in refused.problems[0]["message"]


def test_a_sheet_of_another_size_is_asked_for_in_millimetres() -> None:
    """A stock that is neither Letter nor A4 is named by its size."""
    command = lp_command("ward", Box(101.6, 152.4), Sides.ONE, 1)
    assert "media=Custom.101.6x152.4mm" in command
    assert "sides=one-sided" in command


def test_no_path_opens_a_file_or_is_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever an address is, it is looked up in memory, and neither answered with nor logged."""
    browser, press = entered(tmp_path, limit=RequestLimit(at_once=1e9))
    random = Random(16)  # noqa: S311 -- the same paths each time
    parts = ["..", ".", "%2e%2e", "etc", "passwd", "assets", "1", "page", "A", "desk", "editions"]
    parts += ["\x00", "~", "", "-1.png", "9" * 200 + ".png", "file", "1.png?dpi=9", "\u0661.png"]
    parts += ["Zquibblethwaite", "\ud7ff", "a" * 600, "{}", "%", "list"]
    opened: list[str] = []
    watching = [True]

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if watching[0] and event == "open" and isinstance(details[0], str):
            opened.append(details[0])

    async def try_all() -> Counter[int]:
        found: Counter[int] = Counter()
        for _ in range(10_000):
            path = "/" + "/".join(random.choices(parts, k=random.randint(1, 6)))
            answer = await browser.asked("POST" if random.random() < 0.2 else "GET", path, {})
            assert "Zquibblethwaite" not in f"{answer.headers}{answer.body!r}", path
            found[answer.status] += 1
        return found

    sys.addaudithook(watch)
    try:
        found = asyncio.run(try_all())
    finally:
        watching[0] = False
    # 200 and 422 are those of routes that are there.
    assert set(found) - {200, 422} == {400, 404, 405}
    assert found[404] > 5000
    assert opened == []
    assert "Zquibblethwaite" not in caplog.text + "".join(capfd.readouterr())
    assert "Zquibblethwaite" not in str(press.asked)
