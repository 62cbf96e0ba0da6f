"""People enter by a secret or by name, and what they try is throttled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import pytest

from teachback.errors import TeachbackError, UsageError
from teachback.serving import log_in
from teachback.serving.log_in import (
    FREE_TRIES,
    LONGEST_SESSION,
    LONGEST_WAIT,
    PEOPLE,
    Session,
    SessionStore,
    ThrottledError,
    hashed_password,
    read_people,
    save_person,
)

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "four words in a row"  # noqa: S105 -- of nobody


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little work: that it takes long, on purpose, shows in the tests without this."""
    monkeypatch.setitem(log_in._SCRYPT, "n", 16)  # noqa: SLF001 -- no public name


def kept() -> str:
    """Return the password as it is kept."""
    return _kept(log_in._SCRYPT["n"])  # noqa: SLF001 -- no public name


@cache
def _kept(_work: int) -> str:
    return hashed_password(PASSWORD)


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def test_the_secret_lets_in_and_another_one_does_not() -> None:
    """A session of this machine has no name and does not end by itself."""
    clock = Clock()
    store = SessionStore("secret", idle=600, clock=clock)
    assert store.enter_by_secret("other", "a") is None
    assert store.enter_by_secret("", "a") is None
    assert SessionStore("").enter_by_secret("", "a") is None
    cookie = store.enter_by_secret("secret", "a")
    assert cookie
    clock.now = 10 * LONGEST_SESSION
    assert store.person(cookie) == ""
    store.leave(cookie)
    assert store.person(cookie) is None


@pytest.mark.usefixtures("quick_hashes")
def test_a_session_of_a_person_ends_when_idle_and_after_a_day() -> None:
    """Each question begins the idle time anew, but not what the page asks by itself."""
    clock = Clock()
    store = SessionStore(people={"Desk one": kept()}, idle=600, clock=clock)
    cookie = store.enter_by_name("Desk one", PASSWORD, "a")
    assert cookie
    for _ in range(3):
        clock.now += 500
        assert store.person(cookie) == "Desk one"
    clock.now += 500
    assert store.person(cookie, used=False) == "Desk one"
    clock.now += 101
    assert store.person(cookie) is None

    cookie = store.enter_by_name("Desk one", PASSWORD, "a")
    assert cookie
    begun = clock.now
    while clock.now - begun <= LONGEST_SESSION - 500:
        clock.now += 500
        assert store.person(cookie) == "Desk one"
    clock.now += 500
    assert store.person(cookie) is None


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize(
    ("name", "password"),
    [("Desk one", "wrong"), ("Nobody", PASSWORD), ("", ""), ("Desk one", "")],
)
def test_a_wrong_name_or_password_lets_nobody_in(name: str, password: str) -> None:
    """Nor does the empty password of a name that is not there."""
    store = SessionStore(people={"Desk one": kept()})
    assert store.enter_by_name(name, password, "a") is None


def test_wrong_tries_wait_longer_and_longer_by_name_and_by_address() -> None:
    """The wait doubles up to its longest; a right try ends it, and others do not wait."""
    clock = Clock()
    store = SessionStore("secret", clock=clock)
    waits = []
    for _ in range(FREE_TRIES + 14):
        waits.append(store.wait("a"))
        clock.now += waits[-1]
        store.enter_by_secret("wrong", "a")
    assert waits[:FREE_TRIES] == [0.0] * FREE_TRIES
    assert waits[FREE_TRIES : FREE_TRIES + 3] == [1.0, 2.0, 4.0]
    assert max(waits) == LONGEST_WAIT
    assert store.wait("b") == 0.0
    assert store.wait("b", "a") > 0.0
    with pytest.raises(ThrottledError, match="too many wrong tries"):
        store.enter_by_secret("secret", "a")
    clock.now += LONGEST_WAIT
    assert store.enter_by_secret("secret", "a")
    assert store.wait("a") == 0.0


def test_the_wait_stays_the_longest_however_many_wrong_tries_there_were() -> None:
    """After a thousand wrong tries, the next one still waits."""
    clock = Clock()
    store = SessionStore("secret", clock=clock)
    for _ in range(1100):
        clock.now += store.wait("a")
        store.enter_by_secret("wrong", "a")
    assert store.wait("a") == LONGEST_WAIT


def test_a_session_that_is_over_is_forgotten_when_another_begins() -> None:
    """A server that runs for months does not hold all sessions that there ever were."""
    clock = Clock()
    sessions: dict[str, Session] = {}
    store = SessionStore("secret", {"Desk one": "a hash"}, 600, clock, sessions)
    for _ in range(2):
        assert store.enter_by_secret("secret", "a")
        assert len(sessions) == 1
        clock.now += 601


def test_tries_at_the_same_time_are_throttled_too() -> None:
    """Of many that ask before the first is answered, no more are looked at than one by one."""
    store = SessionStore(people={"Desk one": kept()}, clock=Clock())
    looked_at: list[None] = []

    def attempt(_: int) -> None:
        with suppress(ThrottledError):
            assert store.enter_by_name("Desk one", "wrong", "a") is None
            looked_at.append(None)

    with ThreadPoolExecutor(12) as several:
        list(several.map(attempt, range(12)))
    assert len(looked_at) == FREE_TRIES


@pytest.mark.usefixtures("quick_hashes")
def test_people_are_kept_with_a_hash_that_only_the_owner_can_read(tmp_path: Path) -> None:
    """Neither the password nor a part of it is in the file."""
    save_person(tmp_path, "Desk one", PASSWORD)
    save_person(tmp_path, "Desk two", PASSWORD)
    path = tmp_path / PEOPLE
    assert path.stat().st_mode & 0o777 == 0o600
    assert "words" not in path.read_text(encoding="utf-8")
    people = read_people(tmp_path)
    assert list(people) == ["Desk one", "Desk two"]
    assert len(set(people.values())) == 2
    assert SessionStore(people=people).enter_by_name("Desk two", PASSWORD, "a")
    save_person(tmp_path, "Desk one", None)
    assert list(read_people(tmp_path)) == ["Desk two"]


def test_unsuitable_people_are_refused(tmp_path: Path) -> None:
    """A short password, no name, an unknown name, and a broken file have a reason."""
    for name, password in (("Desk one", "short"), (" ", PASSWORD), ("x\n", PASSWORD), ("x", None)):
        with pytest.raises(UsageError):
            save_person(tmp_path, name, password)
    for broken in ("[]", "[" * 200_000):
        (tmp_path / PEOPLE).write_text(broken, encoding="utf-8")
        with pytest.raises(TeachbackError, match="cannot be read"):
            read_people(tmp_path)
