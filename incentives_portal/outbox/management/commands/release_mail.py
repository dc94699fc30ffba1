"""Show which messages are held since a restore, and release them after a confirmation."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.outbox import hold


def moment(text: str) -> datetime:
    """Parse ISO 8601; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a time such as 2026-11-30T14:00+01:00") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Let messages go that are held since a restore, after showing how many there are and asking."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sent-before",
            type=moment,
            metavar="TIME",
            help="Messages that began to wait before this moment had been sent, as the mail server's log says: do not send them again.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what is held.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        held = hold.held()
        if held is None:
            self.stdout.write("No mail is held.")
            return
        self._describe(held)
        if options["dry_run"]:
            return
        if not options["yes"] and input(f"Type the number of messages, {held.total}, to confirm: ") != str(held.total):
            raise CommandError("Nothing was changed: mail is still held.")
        queued, taken_as_sent, dropped = hold.release(options["sent_before"])
        self.stdout.write(
            f"{queued} messages are on their way, {taken_as_sent} are taken as sent,"
            f" {dropped} about signing in are not sent."
        )

    def _describe(self, held: hold.Held) -> None:
        states = ", ".join(f"{number} {state}" for state, number in sorted(held.states.items())) or "none"
        self.stdout.write(
            f"Held since the restore of {held.since:%Y-%m-%d %H:%M} UTC: {held.total} messages ({states})"
        )
        if held.oldest and held.newest:
            self.stdout.write(
                f"to {held.addresses} addresses, waiting since {held.oldest:%Y-%m-%d %H:%M} to {held.newest:%Y-%m-%d %H:%M} UTC."
            )
        if held.secret:
            self.stdout.write(f"{held.secret} of them are about signing in and will not be sent.")
