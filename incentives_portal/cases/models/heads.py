"""The ends of the chains of cases: those of now, and those of all chains on each day, which somebody outside was told."""

from django.db import models

from incentives_portal.chain import Head
from incentives_portal.installation.triggers import APPEND_ONLY


class ChainHead(Head):
    """The last link of a case's chain: events, remarks, submissions and decisions, in the order in which they were written."""

    case = models.OneToOneField("cases.Case", models.PROTECT, primary_key=True, related_name="+")


class DailyHead(models.Model):
    """A digest over the heads of all cases and organizations that changed since the daily head before, and over that one.

    It is told to somebody outside (daily_heads.py). Whoever rewrites a history afterwards, with all later digests, cannot
    rewrite what was told.
    """

    number = models.PositiveIntegerField(unique=True)
    day = models.DateField(unique=True)
    digest = models.CharField(max_length=64)

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.number} {self.digest}"


class HeadedCase(models.Model):
    """The head of a case as a daily head covers it. ``number`` and ``digest`` are those of the case's last link then."""

    daily_head = models.ForeignKey(DailyHead, models.PROTECT, related_name="cases")
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        # Also the index of what the last daily head says of a case.
        constraints = [models.UniqueConstraint(name="headed_case_once", fields=["case", "number"])]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.case_id} #{self.number}"


class HeadedOrganisation(models.Model):
    """The head of an organization's chain of changes as a daily head covers it (``RecordedChange``)."""

    daily_head = models.ForeignKey(DailyHead, models.PROTECT, related_name="organisations")
    # Not a reference: an organization may be deleted, and 0 is the chain of changes before there was an operator.
    organisation_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(name="headed_organisation_once", fields=["organisation_id", "number"])]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.organisation_id} #{self.number}"
