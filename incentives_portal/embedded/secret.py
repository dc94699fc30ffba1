"""The key that signs sessions and links where nobody set ``SECRET_KEY``: generated once, readable by its owner only."""

import contextlib
import os
import secrets
from pathlib import Path


def secret_key(state: Path) -> str:
    """The generated key of this state folder; made on first use.

    Several processes may ask at once: the file appears whole or not at all, and the first one wins.
    Raises OSError where the folder cannot be written; setting SECRET_KEY avoids that.
    """
    path = state / "secret-key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = state / f".secret-key.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text()
