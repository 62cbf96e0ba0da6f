"""Let people in: by a secret on this machine, or by names with passwords on a network.

Sessions are in memory, and end with the server. Passwords are stored as scrypt hashes only.
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
# So many wrong tries are answered at once. After them, the wait in s doubles up to the longest.
FREE_TRIES: Final = 5
LONGEST_WAIT: Final = 900.0
MOST_WATCHED: Final = 10_000


@dataclass
class Session:
    """The session of a browser, with the person's name ("" on this machine alone)."""

    person: str
    started: float
    last_used: float


@dataclass
class Tries:
    """Wrong tries of one name or address, the last wait in s, and when the next is answered."""

    count: int = 0
    wait: float = 0.0
    until: float = 0.0


class ThrottledError(TeachbackError):
    """A request that is refused because there were too many before it."""

    def __init__(self, seconds: float, message: str) -> None:
        """Store the seconds until the next request is answered, as a whole number."""
        self.seconds = ceil(seconds)
        super().__init__(Problem(message, f"Try again in {self.seconds} s."))


@dataclass
class SessionStore:
    """Sessions, and who may start one: who has the secret, or `people` with a password.

    `people` has password hashes by name. `idle` is the time in s after which an unused session
    ends, or 0 for never. `clock` returns seconds.
    """

    secret: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    idle: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict)
    _tries: dict[str, Tries] = field(default_factory=dict)
    # One hash at a time: each takes 32 MB.
    _hashing: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, *senders: str) -> float:
        """Return the seconds until a try of these names and addresses is answered, or 0."""
        now = self.clock()
        known = [self._tries[sender] for sender in senders if sender in self._tries]
        return max((tries.until - now for tries in known), default=0.0)

    def enter_by_secret(self, secret: str, address: str) -> str | None:
        """Return the cookie of a new session for the right secret.

        Raises ThrottledError after too many wrong ones.
        """
        self._refuse_early(address)
        right = bool(self.secret) and hmac.compare_digest(secret.encode(), self.secret.encode())
        return self._outcome("", right, address)

    def enter_by_name(self, name: str, password: str, address: str) -> str | None:
        """Return the cookie of a new session for a person's right password. Takes 0.1 s.

        An unknown name takes as long. Raises ThrottledError after too many wrong ones.
        """
        password_hash, senders = self.people.get(name, ""), (f"name {name}", address)
        self._refuse_early(*senders)
        with self._hashing:
            # Others may have tried the same name meanwhile.
            self._refuse_early(*senders)
            right = _matches(password, password_hash or _NOBODY)
            return self._outcome(name, right and bool(password_hash), *senders)

    def person(self, cookie: str, *, used: bool = True) -> str | None:
        """Return the name of a session's person: "" on this machine alone, None without a session.

        With `used`, its idle time starts again.
        """
        key = hashed_cookie(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        now = self.clock()
        if self._is_over(session, now):
            # Another thread, in which somebody logs in, may have removed it meanwhile.
            self._sessions.pop(key, None)
            return None
        if used:
            session.last_used = now
        return session.person

    def leave(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(hashed_cookie(cookie), None)

    def _is_over(self, session: Session, now: float) -> bool:
        """Return whether a session is over. Without people, on this machine alone, none ends."""
        idle = bool(self.idle) and now - session.last_used > self.idle
        return bool(self.people) and (idle or now - session.started > LONGEST_SESSION)

    def _refuse_early(self, *senders: str) -> None:
        """Raise ThrottledError while these names and addresses must wait."""
        seconds = self.wait(*senders)
        if seconds > 0:
            raise ThrottledError(seconds, "too many wrong tries")

    def _outcome(self, name: str, right: bool, *senders: str) -> str | None:  # noqa: FBT001 -- the outcome of a check
        """Return the cookie of a new session after a right try; count a wrong one."""
        if not right:
            self._count_wrong(senders)
            return None
        for sender in senders:
            self._tries.pop(sender, None)
        cookie = secrets.token_urlsafe(32)
        now = self.clock()
        # Most browsers never come back with the cookie of a session that is over.
        for key, session in list(self._sessions.items()):
            if self._is_over(session, now):
                self._sessions.pop(key, None)
        self._sessions[hashed_cookie(cookie)] = Session(name, now, now)
        return cookie

    def _count_wrong(self, senders: tuple[str, ...]) -> None:
        now = self.clock()
        if len(self._tries) > MOST_WATCHED:
            self._tries = {
                sender: tries for sender, tries in self._tries.items() if tries.until > now
            }
        for sender in senders:
            tries = self._tries.setdefault(sender, Tries())
            tries.count += 1
            if tries.count >= FREE_TRIES:
                tries.wait = min(LONGEST_WAIT, 2 * tries.wait or 1.0)
                tries.until = now + tries.wait


def read_people(folder: Path) -> dict[str, str]:
    """Return the password hashes by name, which are none where nobody was added yet."""
    path = folder / PEOPLE
    if not path.exists():
        return {}
    try:
        people = read_json(read_named(path))
        return {str(name): str(password_hash) for name, password_hash in people.items()}
    except (ValueError, AttributeError):
        hint = "Restore it from a back-up, or delete it and add everybody again."
        raise TeachbackError.of(f"{path} cannot be read", hint) from None


def save_person(folder: Path, name: str, password: str | None) -> None:
    """Store a person with the hash of a password, or remove the person with None.

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
    """Return the salted hash of a password, as it is stored."""
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def _matches(password: str, password_hash: str) -> bool:
    _, salt, digest = password_hash.split("$")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)


def hashed_cookie(cookie: str) -> str:
    """Return the key of a session. The cookie itself is not stored."""
    return hashlib.sha256(cookie.encode()).hexdigest()


# The hash of no password, so that an unknown name takes as long as a known one.
_NOBODY: Final = f"scrypt${'00' * 16}${'00' * 32}"
