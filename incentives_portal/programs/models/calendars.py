"""Calendars of the operator: business days, holidays and time zone."""

from datetime import date
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from incentives_portal.texts import TextsField, in_language


def monday_to_friday() -> list[int]:
    return [0, 1, 2, 3, 4]


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone. Write it like Europe/Berlin."), params={"name": name})


def validate_weekdays(days: object) -> None:
    if not isinstance(days, list) or not days or not set(days) <= set(range(7)):
        raise ValidationError(_("Choose at least one day of the week."))


class Calendar(models.Model):
    """Business days and the time zone in which deadlines end (docs/domain.md, "Time zone"). ``weekdays``: 0 is Monday."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=40, validators=[validate_time_zone])
    weekdays = models.JSONField(_("business days"), default=monday_to_friday, validators=[validate_weekdays])

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def days_off(self) -> frozenset[date]:
        """Return the holidays, for counting business days. One query per instance."""
        if not hasattr(self, "_days_off"):
            self._days_off = frozenset(holiday.date for holiday in self.holidays.all())
        return self._days_off


class Holiday(models.Model):
    """A day on which the operator does not work."""

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="holidays", verbose_name=_("calendar"))
    date = models.DateField(_("date"))
    name = TextsField(_("name"))

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                name="holiday_once",
                fields=["calendar", "date"],
                violation_error_message=_("This day is already a holiday in the calendar."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {in_language(self.name)}"
