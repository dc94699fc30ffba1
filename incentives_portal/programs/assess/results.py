"""What an assessment says: findings and amount steps, as data; words come when somebody reads them, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import msgspec

from . import messages

Level = Literal["pass", "warn", "block"]


@dataclass(frozen=True)
class Finding:
    """What a rule found: met, look at it, or to be mended before submitting; and where in the form."""

    rule: str
    level: Level
    place: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The finding as a sentence, in the current language."""
        return messages.finding_text(self.rule, self.level == "pass", self.params)

    @property
    def fix(self) -> str:
        """What would mend it, in the current language; empty for what is met."""
        return "" if self.level == "pass" else messages.finding_fix(self.rule, self.params)


@dataclass(frozen=True)
class Step:
    """A step from the costs to the amount: ``amount`` is what is left after it, ``operand`` the figure it brought in.

    ``binding``: this step made the amount smaller. Codes that begin with ``cap.unknown`` say that a limit could not be computed.
    """

    code: str
    amount: Decimal
    operand: Decimal | None = None
    binding: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the step is, in the current language."""
        return messages.step_text(self.code, self.params)


@dataclass(frozen=True)
class Assessment:
    """Everything the rules say about one plan or proof, in the order of the form. Stored with each submission as JSON."""

    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    currency: str

    @property
    def blocks(self) -> list[Finding]:
        """What must be mended before it can be submitted."""
        return [finding for finding in self.findings if finding.level == "block"]

    @property
    def warnings(self) -> list[Finding]:
        """What a reviewer will look at."""
        return [finding for finding in self.findings if finding.level == "warn"]

    @property
    def met(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "pass"]

    @property
    def is_ready(self) -> bool:
        """Whether it can be submitted."""
        return not self.blocks

    @property
    def total(self) -> Decimal | None:
        """The amount after all steps, in ``currency``; None where there are none."""
        return self.steps[-1].amount if self.steps else None

    def at(self, place: str) -> list[Finding]:
        """The findings at one place of the form."""
        return [finding for finding in self.findings if finding.place == place]

    def to_json(self) -> dict[str, Any]:
        """Plain data; amounts as strings."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Assessment":
        """The assessment as it was stored."""
        return msgspec.convert(data, cls)
