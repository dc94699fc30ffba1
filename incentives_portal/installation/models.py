"""What an installation of the portal knows about itself: who it is, which file store is its own, and when it was last backed up."""

import uuid

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The one row of an installation. It is created by the first who asks for it (``services.installation``).

    ``store`` is the identity of the file store that belongs to this database, and ``database`` the fingerprint of the database that
    took it: a copy of the database has another fingerprint, and may delete no file (``file_store/identity.py``).
    ``mail_held_before`` is set by a restore: messages that began to wait before it are not sent until somebody confirms
    (``outbox/hold.py``). Summaries are plain JSON that the portal writes and pages for staff read.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    identity = models.UUIDField(default=uuid.uuid4, editable=False)
    store = models.UUIDField(null=True, editable=False)
    database = models.CharField(max_length=60, blank=True, default="", editable=False)
    cleanup_cursor = models.CharField(max_length=120, blank=True, default="", editable=False)
    last_cleanup = models.JSONField(null=True, editable=False)
    last_backup = models.JSONField(null=True, editable=False)
    restored = models.JSONField(null=True, editable=False)
    mail_held_before = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "installation"
        constraints = [models.CheckConstraint(name="installation_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.identity)
