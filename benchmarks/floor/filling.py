"""Fill the floor's database and sign a user in; print the session and one thing as JSON.

Run as ``python -m benchmarks.floor.filling <rows>`` with the floor's settings, because one process cannot have the
settings of two projects.
"""

import json
import sys
from datetime import date, timedelta

import django

#: Things per owner; a hundred thousand things have two hundred owners.
THINGS = 500
EVENTS = 20


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from .models import Event, Mail, Thing

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in (Thing, Event, Mail):
            editor.create_model(model)
    rows = int(sys.argv[1])
    crowd = max(1, rows // THINGS)
    owners = User.objects.bulk_create([User(username=f"owner-{number}") for number in range(crowd)])
    begin = date(2026, 1, 1)
    Thing.objects.bulk_create(
        (
            Thing(
                number=f"T-{number:07d}",
                title=f"Thing number {number}",
                owner=owners[number % crowd],
                amount=number % 90_000 + 100,
                starts=begin + timedelta(days=number % 300),
                ends=begin + timedelta(days=number % 300 + 30),
                contact="somebody@example.com",
                notes="A few words. " * 12,
            )
            for number in range(rows)
        ),
        batch_size=5_000,
    )
    thing = Thing.objects.filter(owner=owners[0]).first()
    Event.objects.bulk_create([Event(thing=thing, actor=owners[0], action="edited") for _number in range(EVENTS)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(owners[0])
    print(json.dumps({"cookies": {name: morsel.value for name, morsel in client.cookies.items()}, "thing": thing.pk}))


if __name__ == "__main__":
    main()
