"""One kind of thing, its events, and the mails about it."""

from django.conf import settings
from django.db import models


class Thing(models.Model):
    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    status = models.CharField(max_length=12, default="draft")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    starts = models.DateField()
    ends = models.DateField()
    contact = models.EmailField()
    notes = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # The list: the owner's things, newest first.
            models.Index(name="thing_of_owner", fields=["owner", "-created"]),
        ]

    def __str__(self) -> str:
        return self.number


class Event(models.Model):
    thing = models.ForeignKey(Thing, models.CASCADE, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    action = models.CharField(max_length=40)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.action


class Mail(models.Model):
    thing = models.ForeignKey(Thing, models.CASCADE)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()

    def __str__(self) -> str:
        return self.subject
