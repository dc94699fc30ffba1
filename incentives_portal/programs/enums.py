"""Choices of programs and of the activity catalog."""

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class Track(TextChoices):
    """The two tracks of programs (docs/domain.md, "Tracks"): through an approved plan, or by a claim alone."""

    PLAN = "plan", _("Plans: plan, approval, proof of execution, claim")
    CLAIM = "claim", _("Claims: claim with its proof, no plan")


class ProgramKind(TextChoices):
    """The kind of a program, which decides on caps and exclusions (docs/domain.md, "Programs")."""

    STANDARD = "standard", _("Standard")
    DEVICE = "device", _("Devices")
    HOSTING = "hosting", _("Hosting")


class Basis(TextChoices):
    """Whether the net or the gross amount of a cost counts."""

    NET = "net", _("Net amounts")
    GROSS = "gross", _("Gross amounts")


class Category(TextChoices):
    """The three categories of the activity catalog (docs/domain.md, "Catalog")."""

    DEMAND_GENERATION = "demand_generation", _("Demand generation")
    MARKET_DEVELOPMENT = "market_development", _("Market development")
    PARTNER_READINESS = "partner_readiness", _("Partner readiness")


class Group(TextChoices):
    """The three groups of requirements for a proof (docs/domain.md, "Catalog")."""

    CORE = "core", _("Core requirements")
    COMMUNICATION = "communication", _("Communication requirements")
    METRIC = "metric", _("Metrics")


class SatisfiedBy(TextChoices):
    """What meets a requirement.

    The partner gives the first six and *choice* for one requirement; any third-party invoice of the proof meets *invoice*.
    """

    DOCUMENT = "document", _("A proof document")
    URL = "url", _("A web address")
    NUMBER = "number", _("A number")
    TEXT = "text", _("Text")
    TABLE = "table", _("The list of attendees")
    DECLARATION = "declaration", _("A declaration")
    CHOICE = "choice", _("A choice")
    INVOICE = "invoice", _("A third-party invoice")


class CapKind(TextChoices):
    """How a cap is computed (docs/domain.md, "Caps")."""

    AMOUNT = "amount", _("An amount")
    PERCENT_OF_EARNED = "percent_of_earned", _("A percentage of the co-op funds earned")
    GREATER_OF = "greater_of", _("The greater of a percentage of the funds and an amount")
    AMOUNT_PER_PERSON = "amount_per_person_per_event", _("An amount per person and event")
    MAX_ATTENDEES = "max_attendees", _("A number of attendees")
    UNLIMITED = "unlimited", _("No limit")
    EXCEPTION = "exception", _("Other limits (see the program guide)")


#: The numbers that each kind of cap requires, by field name; it has no others.
CAP_NUMBERS: dict[CapKind, tuple[str, ...]] = {
    CapKind.AMOUNT: ("amount",),
    CapKind.AMOUNT_PER_PERSON: ("amount",),
    CapKind.PERCENT_OF_EARNED: ("percent",),
    CapKind.GREATER_OF: ("percent", "amount"),
    CapKind.MAX_ATTENDEES: ("count",),
    CapKind.UNLIMITED: (),
    CapKind.EXCEPTION: (),
}


class CapScope(TextChoices):
    """The scope in which a cap is counted, always for one location and program (docs/domain.md, "Cap use")."""

    USAGE_PERIOD = "usage_period", _("Usage period")
    PROGRAM_PERIOD = "program_period", _("Program period")
    EVENT = "event", _("Conference or event")


class AppliesTo(TextChoices):
    """The kinds of programs to which a cap applies."""

    ALL = "all", _("All programs")
    DEVICE = "device", _("Device programs")
    NON_DEVICE = "non_device", _("All except device programs")
    HOSTING = "hosting", _("Hosting programs")

    def covers(self, kind: str) -> bool:
        is_other = self == AppliesTo.NON_DEVICE and kind != ProgramKind.DEVICE
        return is_other or self == AppliesTo.ALL or self.value == kind
