"""The result of an assessment, as data. Texts are made in the reader's language when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import msgspec

from . import messages
from .facts import CapFact

Level = Literal["pass", "warn", "block"]


@dataclass(frozen=True)
class Finding:
    """The finding of a rule: pass, warn, or block (to be fixed before submission), and its place in the form."""

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
        """How to fix it, in the current language; empty if the rule is met."""
        return "" if self.level == "pass" else messages.finding_fix(self.rule, self.params)


@dataclass(frozen=True)
class Step:
    """A step from the costs to the amount: ``amount`` is the result of the step, ``operand`` its own figure.

    ``binding``: this step reduced the amount. Codes that begin with ``cap.unknown`` mean that a cap could not be computed.
    """

    code: str
    amount: Decimal
    operand: Decimal | None = None
    binding: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The description of the step, in the current language."""
        return messages.step_text(self.code, self.params)


@dataclass(frozen=True)
class Terms:
    """The configuration that an amount was computed with.

    ``eligible`` are the codes of the eligible expense types (none: all are), ``rates`` currency → the value of one unit
    of it in the currency of the claim, in the month of the activity.
    """

    share_percent: Decimal
    basis: str
    eligible: tuple[str, ...] = ()
    caps: tuple[CapFact, ...] = ()
    rates: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Assessment:
    """All findings and steps of one plan or proof, in the order of the form. Stored with each submission as JSON.

    ``terms`` are those of the steps; a plan, which has no steps, has none.
    """

    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    currency: str
    terms: Terms | None = None

    @property
    def blocks(self) -> list[Finding]:
        """Findings that prevent submission."""
        return [finding for finding in self.findings if finding.level == "block"]

    @property
    def warnings(self) -> list[Finding]:
        """Findings for the reviewer."""
        return [finding for finding in self.findings if finding.level == "warn"]

    @property
    def met(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "pass"]

    @property
    def is_ready(self) -> bool:
        """Whether the case can be submitted."""
        return not self.blocks

    @property
    def total(self) -> Decimal | None:
        """The amount after all steps, in ``currency``; None if there are no steps."""
        return self.steps[-1].amount if self.steps else None

    def to_json(self) -> dict[str, Any]:
        """Convert to plain data; amounts become strings."""
        return msgspec.to_builtins(self, order="deterministic")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Assessment":
        return msgspec.convert(data, cls)
