"""Why a file is refused, and what is noteworthy in one that is accepted. The sentences for people are in ``documents/enums.py``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Hands the bytes of one drawn page or copy out of the child process.
Emit = Callable[[bytes], None]


class Reason(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"
    QUOTA = "quota"
    TYPE = "type"
    CONTENT = "content"
    DAMAGED = "damaged"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    MACROS = "macros"
    ENTITIES = "entities"
    EMBEDDED = "embedded"
    MIXED = "mixed"
    TOO_COMPLEX = "too_complex"
    NOT_STORED = "not_stored"
    INFECTED = "infected"


class Content(StrEnum):
    """What the original has and its copy does not have, or shows otherwise."""

    SCRIPTS = "scripts"
    ACTIONS = "actions"  # starts programs, opens other files, sends data, controls
    FORMS = "forms"  # a form that is a program of its own (XFA)
    MEDIA = "media"  # films, sounds, 3D
    EXTERNAL = "external"  # fetched from elsewhere when it is opened
    COMMANDS = "commands"  # cells and fields that a program takes as commands (DDE)
    ATTACHMENTS = "attachments"
    SIGNATURE = "signature"
    HIDDEN_SHEETS = "hidden_sheets"
    COMMENTS = "comments"
    DRAWINGS = "drawings"  # pictures and charts that a copy as text or table does not show
    LOCATION = "location"  # the place where a picture was taken
    PICTURES = "pictures"  # further pictures behind the first
    MARKUP = "markup"  # a web page around the content


class Unreadable(Exception):
    """The file cannot be accepted, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass
class Findings:
    """What inspection finds. ``encoding`` is the one of a text, guessed or declared, empty for UTF-8 and for what is no text."""

    pages: int = 0
    contents: set[Content] = field(default_factory=set)
    attachments: list[str] = field(default_factory=list)
    encoding: str = ""

    def attach(self, name: str) -> None:
        """Note a file within the file."""
        self.contents.add(Content.ATTACHMENTS)
        if name not in self.attachments:
            self.attachments.append(name)

    def as_result(self) -> dict[str, Any]:
        contents = [content.value for content in Content if content in self.contents]
        return {
            "pages": self.pages,
            "contents": contents,
            "attachments": self.attachments[:100],
            "encoding": self.encoding,
        }
