"""The last status written by beat, and the workers with their heartbeats."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock

from .enums import WORKER_GONE, State
from .querysets import SystemStatusQuerySet, WorkerHeartbeatQuerySet


class SystemStatus(models.Model):
    """The only row that probes read.

    ``causes`` is a list of {code, since, data}; ``figures`` are measurements.
    """

    THE_ROW = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ROW)
    state = models.CharField(_("state"), max_length=5, choices=State.choices)
    causes = models.JSONField(_("causes"), default=list)
    figures = models.JSONField(_("figures"), default=dict)
    written_at = models.DateTimeField(_("written at"))

    objects = SystemStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("system status")
        verbose_name_plural = _("system status")
        constraints = [
            models.CheckConstraint(name="system_status_one_row", condition=Q(id=1)),
            models.CheckConstraint(name="system_status_state_known", condition=Q(state__in=State.values)),
        ]

    def __str__(self) -> str:
        return self.get_state_display()


class WorkerHeartbeat(models.Model):
    """A Celery worker and its last heartbeat. ``details`` come from the worker, such as its sandbox level."""

    name = models.CharField(_("worker"), max_length=200, unique=True)
    queues = models.JSONField(_("queues"), default=list)
    details = models.JSONField(_("details"), default=dict)
    seen_at = models.DateTimeField(_("last seen"), default=clock.now)

    objects = WorkerHeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.name

    @property
    def is_gone(self) -> bool:
        """Return whether the worker has sent no heartbeat for a minute."""
        return clock.now() - self.seen_at > WORKER_GONE
