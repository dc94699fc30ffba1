import os
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from incentives_portal.demo import people
from incentives_portal.embedded import local, quickstart, refcount
from incentives_portal.embedded.state_dir import EmbeddedServersFailed
from incentives_portal.embedded.supervisor import Supervisor

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Command(BaseCommand):
    help = "Runs the whole portal on this machine: database, broker, web, worker, beat and a local mailbox. Ctrl-C ends it all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Where to listen; taken ports are skipped.")
        parser.add_argument(
            "--host", default="localhost", help="Where to listen. Anything but localhost opens it to others."
        )
        parser.add_argument("--reset", action="store_true", help="Forget all data first.")
        parser.add_argument("--no-demo", action="store_true", help="Start without demo data.")
        parser.add_argument("--today", type=date.fromisoformat, help="Let it be this day (YYYY-MM-DD) in the portal.")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor = Supervisor(self.stdout._out, width=7)
        supervisor.listen()
        # Two beats would corrupt the schedule file.
        lock = quickstart.be_the_only_one()
        try:
            reason = self._run(supervisor, options)
        except KeyboardInterrupt:
            reason = ""
        except EmbeddedServersFailed as error:
            raise CommandError(str(error)) from error
        finally:
            if local.in_use() and not refcount.release(local.place()):
                supervisor.say("portal", "The database runs on: another process uses it, and it stops with that.")
            os.close(lock)
        if reason:
            raise CommandError(f"Everything was stopped: {reason}.")
        supervisor.say("portal", "Everything is stopped. The data stay for the next start.")

    def _run(self, supervisor: Supervisor, options: dict[str, Any]) -> str:
        say = partial(supervisor.say, "portal")
        if options["reset"]:
            say("Forgetting all data")
            quickstart.reset()
        if options["host"] not in LOOPBACK:
            say(f"Attention: whoever reaches {options['host']} can read all mails and use the demo accounts.")
        listeners, port = quickstart.open_door(options["host"], options["port"])
        if port != options["port"]:
            say(f"Port {options['port']} is taken, so it is {port}.")
        environment = self._environment(port, options["today"])
        quickstart.prepare(say, demo=not options["no_demo"])
        say("Starting web, worker, beat and mailbox")
        return quickstart.run(listeners, environment, supervisor, lambda: self._greet(say, demo=not options["no_demo"]))

    def _environment(self, port: int, today: date | None) -> dict[str, str]:
        """Return the environment of the parts, and apply it to this process, which loads the demo."""
        if "PORTAL_URL" not in os.environ:
            settings.PORTAL_URL = f"http://localhost:{port}"
        if today:
            now = datetime.now(UTC)
            settings.PORTAL_CLOCK = int((datetime.combine(today, now.timetz()) - now).total_seconds())
        return {"PORTAL_URL": settings.PORTAL_URL, "PORTAL_CLOCK": str(settings.PORTAL_CLOCK)}

    def _greet(self, say: Any, *, demo: bool) -> None:
        say("")
        say(f"The portal is at {settings.PORTAL_URL}")
        if settings.LOCAL_MAILBOX:
            say(f"Its mails are at {settings.PORTAL_URL}/mailbox/")
        if demo:
            rows = people.accounts()
            width = max(len(role) for role, _email in rows)
            say(f"Sign in as one of these, with the password {people.PASSWORD}")
            for role, email in rows:
                say(f"  {role:<{width}}  {email}")
        say("Ctrl-C ends everything; the data stay.")
        say("")
