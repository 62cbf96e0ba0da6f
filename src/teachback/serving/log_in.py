"""Let people in: a secret on this machine, or names with passwords on a network.

Sessions are in memory, and end with the server. Passwords are kept as scrypt hashes only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError, UsageError
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import write_private
from teachback.files.text_decoding import read_json
from teachback.files.workspace import read_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PEOPLE: Final = "people.json"
# Costs of scrypt: OWASP's Password Storage Cheat Sheet lists these among its equal choices (32 MB).
_SCRYPT: Final = {"n": 2**15, "r": 8, "p": 3, "maxmem": 64 * 1024 * 1024}
SHORTEST: Final = 10
# In s: a working day, after which a person logs in again.
LONGEST_SESSION: Final = 12 * 3600.0
# Wrong tries that are answered at once; after them, the wait in s doubles up to the longest.
FREE_TRIES: Final = 5
LONGEST_WAIT: Final = 900.0
MOST_WATCHED: Final = 10_000


@dataclass
class Session:
    """A browser that was let in, with the person's name (empty on this machine alone)."""

    person: str
    begun: float
    used: float


@dataclass
class Tries:
    """Wrong tries of one name or address, the last wait in s, and when the next is answered."""

    count: int = 0
    wait: float = 0.0
    until: float = 0.0


class ThrottledError(TeachbackError):
    """A request that is not looked at, because there were too many."""

    def __init__(self, seconds: float, message: str) -> None:
        """Keep the seconds until the next one is looked at, as a whole number."""
        self.seconds = ceil(seconds)
        super().__init__(Problem(message, f"Try again in {self.seconds} s."))


@dataclass
class SessionStore:
    """Sessions, and what lets in: a secret, or the hashes of the passwords of people by name.

    `idle` is in s, and 0 for sessions that are not locked. `clock` returns seconds.
    """

    secret: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    idle: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict)
    _tries: dict[str, Tries] = field(default_factory=dict)
    # One hash at a time: each takes 32 MB.
    _hashing: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, *who: str) -> float:
        """Return the seconds until a try of these names and addresses is answered, or 0."""
        now = self.clock()
        return max((self._tries[one].until - now for one in who if one in self._tries), default=0.0)

    def enter_by_secret(self, secret: str, address: str) -> str | None:
        """Return the cookie of a new session for the right secret.

        Raises ThrottledError after too many wrong ones.
        """
        self._refuse_soon(address)
        right = bool(self.secret) and hmac.compare_digest(secret.encode(), self.secret.encode())
        return self._entered("", right, address)

    def enter_by_name(self, name: str, password: str, address: str) -> str | None:
        """Return the cookie of a new session for a person's right password. Takes 0.1 s.

        An unknown name takes as long. Raises ThrottledError after too many wrong ones.
        """
        kept, who = self.people.get(name, ""), (f"name {name}", address)
        self._refuse_soon(*who)
        with self._hashing:
            # Others may have tried the same name meanwhile.
            self._refuse_soon(*who)
            right = _matches(password, kept or _NOBODY)
            return self._entered(name, right and bool(kept), *who)

    def person(self, cookie: str, *, used: bool = True) -> str | None:
        """Return who has a session, "" on this machine alone, or None when it is over.

        With `used`, its idle time begins anew.
        """
        key = hashed_cookie(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        now = self.clock()
        if self._is_over(session, now):
            del self._sessions[key]
            return None
        session.used = now if used else session.used
        return session.person

    def leave(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(hashed_cookie(cookie), None)

    def _is_over(self, session: Session, now: float) -> bool:
        """Return whether a session of a person has ended; one of this machine does not end."""
        idle = bool(self.idle) and now - session.used > self.idle
        return bool(self.people) and (idle or now - session.begun > LONGEST_SESSION)

    def _refuse_soon(self, *who: str) -> None:
        seconds = self.wait(*who)
        if seconds > 0:
            raise ThrottledError(seconds, "too many wrong tries")

    def _entered(self, name: str, right: bool, *who: str) -> str | None:  # noqa: FBT001 -- the outcome of a check
        if not right:
            self._remember(who)
            return None
        for one in who:
            self._tries.pop(one, None)
        cookie = secrets.token_urlsafe(32)
        now = self.clock()
        # Most browsers never come back with the cookie of a session that is over.
        for key in [key for key, one in self._sessions.items() if self._is_over(one, now)]:
            del self._sessions[key]
        self._sessions[hashed_cookie(cookie)] = Session(name, now, now)
        return cookie

    def _remember(self, who: tuple[str, ...]) -> None:
        now = self.clock()
        if len(self._tries) > MOST_WATCHED:
            self._tries = {one: tries for one, tries in self._tries.items() if tries.until > now}
        for one in who:
            tries = self._tries.setdefault(one, Tries())
            tries.count += 1
            if tries.count >= FREE_TRIES:
                tries.wait = min(LONGEST_WAIT, 2 * tries.wait or 1.0)
                tries.until = now + tries.wait


def read_people(folder: Path) -> dict[str, str]:
    """Return the hashes of the passwords by name; empty where nobody was added yet."""
    path = folder / PEOPLE
    if not path.exists():
        return {}
    try:
        found = read_json(read_named(path))
        return {str(name): str(kept) for name, kept in found.items()}
    except (ValueError, AttributeError):
        hint = "Restore it from a back-up, or delete it and add everybody again."
        raise TeachbackError.of(f"{path} cannot be read", hint) from None


def save_person(folder: Path, name: str, password: str | None) -> None:
    """Keep a person with the hash of a password, or remove the person with None.

    Raises UsageError for an unsuitable name or password, or for an unknown person to remove.
    """
    people = read_people(folder)
    if password is None:
        if people.pop(name, None) is None:
            known = ", ".join(sorted(people)) or "nobody"
            raise UsageError.of(f"there is no person '{name}'", f"Known: {known}.")
    else:
        if not name.strip() or len(name) > 60 or not name.isprintable():  # noqa: PLR2004 -- about one line
            raise UsageError.of("a person needs a name", "Write 1 to 60 letters.")
        if len(password) < SHORTEST:
            message = f"the password has fewer than {SHORTEST} characters"
            raise UsageError.of(message, "Take a longer one, such as four words.")
        people[name] = hashed_password(password)
    with os_errors_as_problems(folder / PEOPLE):
        write_private(str(folder), PEOPLE, json.dumps(people, indent=1).encode(), ".")


def hashed_password(password: str) -> str:
    """Return the salted hash of a password, as it is kept."""
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def _matches(password: str, kept: str) -> bool:
    _, salt, digest = kept.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)


def hashed_cookie(cookie: str) -> str:
    """Return by what a session is known: the cookie itself is not kept."""
    return hashlib.sha256(cookie.encode()).hexdigest()


# The hash of no password, so that an unknown name takes as long as a known one.
_NOBODY: Final = f"scrypt${'00' * 16}${'00' * 32}"
