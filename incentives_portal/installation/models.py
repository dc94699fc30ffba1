"""The installation's own record: identity, file store, last cleanup, last backup and restore."""

import uuid

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The only row of this table, created on first use (``services.installation``).

    ``store`` is the identity of the file store that belongs to this database, and ``database`` the fingerprint of the
    database that adopted it: a copy of the database has another fingerprint and may delete no file
    (``file_store/identity.py``). ``mail_held_before`` is set by a restore: messages queued before it are not sent until
    somebody confirms (``outbox/hold.py``). Summaries are JSON that the portal writes and staff pages show.
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
