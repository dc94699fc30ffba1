"""Who works on what. Statuses are not here: they are columns of the cases, and change through the engine only."""

from django.conf import settings
from django.db import models

from incentives_portal.history.models import Thread


class Assignment(models.Model):
    """A case that one of the operator's people has taken up; no row means that it waits for anybody."""

    thread = models.OneToOneField(Thread, models.PROTECT, related_name="assignment")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.user_id}"
