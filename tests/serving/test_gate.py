"""Only the desk's own page is answered, and browsers are told to keep nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from desk_server import HOST, SECRET, DeskBrowser, StandInPress, stand_in_desk

from teachback.pdf.page_images import Strip
from teachback.serving.desk_app import desk_app
from teachback.serving.gate import MOST

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS: dict[str, Any] = {
    "topics": {"topics": []},
    "edition": {"code": "A"},
    "cards": {"code": "B"},
    "page": b"png",
    "patch": {"faults": [], "patches": [(Strip(0, 1.0, 2.0, 3.0, 4.0), b"png")]},
    "print": {"pdf": b"%PDF", "code": "A", "kind": "handout"},
}
READER = {"topic": "tiny", "audience": "ckd", "language": "en"}
PAPER = {"paper": "letter", "size": "standard", "depth": "full"}
# Each route with a method and a body, and its status when all is as the page sends it.
ROUTES: list[tuple[str, str, dict[str, Any] | None, int]] = [
    ("GET", "/", None, 200),
    ("GET", "/enter", None, 200),
    ("POST", "/enter", {"token": SECRET}, 204),
    ("POST", "/leave", {}, 204),
    ("GET", "/assets/1/desk.js", None, 200),
    ("GET", "/desk/topics", None, 200),
    ("POST", "/desk/edition", {**READER, **PAPER}, 200),
    ("POST", "/desk/cards", {**READER, "stock": "avery-5371"}, 200),
    ("GET", "/page/A/1.png", None, 200),
    ("POST", "/desk/patch", {"code": "A", "values": {"patient": "x"}}, 200),
    ("POST", "/desk/print", {"code": "A", "values": {"patient": "x"}}, 200),
]
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
    ({"content-length": str(MOST + 1)}, None, 413),
    ({"content-length": "many"}, None, 413),
    ({"sec-fetch-site": None}, None, None),
    ({"origin": None}, None, None),
]


class Visit(NamedTuple):
    """A browser before a desk with stand-ins, and the press room that it asks."""

    browser: DeskBrowser
    press: StandInPress


def visit(state: Path, answers: dict[str, Any] | None = None, scheme: str = "http") -> Visit:
    """Open a browser that has not entered."""
    desk = stand_in_desk(state, answers or ANSWERS, scheme)
    press: Any = desk.press
    return Visit(DeskBrowser(desk_app(desk)), press)


def entered(state: Path, answers: dict[str, Any] | None = None) -> Visit:
    """Open a browser that has entered."""
    found = visit(state, answers)
    assert found.browser.ask("POST", "/enter", {"token": SECRET}).status == 204
    return found


@pytest.mark.parametrize(("method", "path", "body", "status"), ROUTES)
@pytest.mark.parametrize(("slip", "of_get", "of_post"), [({}, None, None), *SLIPS])
def test_each_route_answers_only_what_the_page_sends(
    tmp_path: Path,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    status: int,
    slip: dict[str, str | None],
    of_get: int | None,
    of_post: int | None,
) -> None:
    """A wrong host, origin, type or size is refused before the press room hears of it."""
    browser, press = entered(tmp_path)

    answer = browser.ask(method, path, body, slip)

    assert answer.status == ((of_get if method == "GET" else of_post) or status)
    assert answer.status < 300 or press.asked == []


@pytest.mark.parametrize(("method", "path", "body", "status"), ROUTES)
@pytest.mark.parametrize("wrong", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "other"])
def test_other_methods_and_browsers_without_a_session_are_refused(
    tmp_path: Path, method: str, path: str, body: dict[str, Any] | None, status: int, wrong: str
) -> None:
    """A method that a route does not have is refused, and so is who has not entered."""
    browser, press = visit(tmp_path)
    assert browser.ask(wrong, path).status == 405
    other = "POST" if method == "GET" else "GET"
    if path != "/enter":
        assert browser.ask(other, path, {} if other == "POST" else None).status == 405
    is_open = path == "/enter" or path.startswith("/assets/")
    shown = 303 if path == "/" else 401
    assert browser.ask(method, path, body).status == (status if is_open else shown)
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
    assert cached == ["/assets/1/desk.js", "/page/A/1.png"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"code": "A"}',
        b'{"code": "A", "values": {"patient": 1}}',
        b'{"code": "A", "values": {"patient": "x"}, "more": 1}',
        b'{"code": "A", "values": {"patient": "x"}, "copies": 51}',
        b'{"code": "A", "values": {"patient": "x"}, "copies": "1"}',
        b'{"code": "A", "values": {"x": "SECRETNAME"}, "cards": {"stock": "s", "start_at": 0}}',
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
    answer = browser.ask("POST", "/desk/print", chunks=[b" " * MOST, b" "])
    assert answer.status == 413
    assert press.asked == []


def test_a_fault_of_the_program_quotes_nothing(tmp_path: Path) -> None:
    """An unexpected exception becomes a code without its message."""
    browser, _ = entered(tmp_path, {"patch": ValueError("SECRETNAME")})
    answer = browser.ask("POST", "/desk/patch", {"code": "A", "values": {}})
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
