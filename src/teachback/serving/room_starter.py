"""Start rooms: processes that print for the server, such as the press room.

They are forked from one process that has loaded the libraries. So they share its memory and start
in milliseconds. The server itself never forks.
"""

from __future__ import annotations

import gc
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final

from teachback.errors import Problem, TeachbackError, fault_problem
from teachback.printing.process_limits import leave_no_image, refused_problem, stay_in_memory
from teachback.printing.process_pool import METHOD
from teachback.serving.press_messages import ENDED, Reply

# The bytes by which the server asks for a room of a kind.
PRESS_ROOM: Final = b"p"
LIVE_ROOM: Final = b"l"
_ROOMS: Final = {
    PRESS_ROOM: "teachback.serving.press_room:PressRoom",
    LIVE_ROOM: "teachback.serving.live_room:LiveRoom",
}


class RoomStarter:
    """Starts rooms through a process of its own, which ends with the server."""

    def __init__(self) -> None:
        """Start the process, which loads the libraries while the server starts."""
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._link, theirs = socket.socketpair()
        with theirs:
            descriptor = str(theirs.fileno())
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, "-P", "-m", "teachback.serving.room_starter", descriptor],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    @property
    def process_id(self) -> int:
        """The id of the process whose children the rooms are."""
        return self._process.pid

    def room(self, kind: bytes) -> Connection:
        """Start a room and return our end of its socket, which closes when the room ends."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                socket.send_fds(self._link, [kind], [theirs.fileno()])
            except OSError:
                # The process has ended. If a new one ends too, the room's socket closes.
                self.close()
                self._start()
                with suppress(OSError):
                    socket.send_fds(self._link, [kind], [theirs.fileno()])
            if METHOD != "fork":
                # The process itself becomes the room.
                self._link.close()
                self._start()
        return Connection(ours.detach())

    def close(self) -> None:
        """End the process. Each room ends when its own socket closes."""
        self._link.close()
        self._process.kill()
        self._process.wait()


def end_room(pipe: Connection) -> None:
    """Let a room end. No request follows, so it ends its workers, and its socket closes."""
    with suppress(OSError), socket.socket(fileno=os.dup(pipe.fileno())) as ours:
        ours.shutdown(socket.SHUT_WR)


def _serve(link: socket.socket) -> None:
    """Fork the rooms that the server asks for, until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nobody waits for a room, so the system must clear away those that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for name in _ROOMS.values():
        pkgutil.resolve_name(name)
    import teachback.content.translation_loader
    import teachback.printing.type_fitting
    import teachback.proofing.page_proof  # noqa: F401

    while True:
        kind, descriptors, *_ = socket.recv_fds(link, 1, 1)
        if not descriptors:
            return
        if METHOD == "fork" and os.fork():
            os.close(descriptors[0])
            continue
        link.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _answer_server(Connection(descriptors[0]), _ROOMS[kind])


def _answer_server(pipe: Connection, room_class: str) -> None:
    """Answer the server at the other end of a socket until it is gone, and end this process.

    The first message of the server has the arguments of the room.
    """
    # What was loaded before stays. Garbage collection would copy its memory, page by page.
    gc.freeze()
    leave_no_image()
    stay_in_memory()
    problems: tuple[Problem, ...]
    try:
        pkgutil.resolve_name(room_class)(*pipe.recv(), pipe).run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # The server is gone.
        os._exit(0)
    except TeachbackError as error:
        problems = error.problems
    except OSError as error:
        problems = (refused_problem("printing", error),)
    except Exception as error:  # noqa: BLE001 -- the desk shows it; another room is started
        problems = (fault_problem(error),)
    with suppress(OSError):
        pipe.send(Reply(ENDED, None, problems))
    os._exit(1)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
