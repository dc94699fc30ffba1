"""Re-encrypt second factors after a change of SECRET_KEY, so that the earlier key can be dropped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.accounts.security_log import Action, record
from incentives_portal.accounts.services import reencrypt_factors


class Command(BaseCommand):
    help = (
        "Re-encrypt apps and recovery codes of the second step with SECRET_KEY. "
        "Run it with the earlier key in SECRET_KEY_FALLBACKS; when it says that none is left, drop that key."
    )
    #: The checks refuse a weak key, but this command is needed to replace one.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count; write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = reencrypt_factors(dry_run=options["dry_run"])
        if options["dry_run"]:
            self.stdout.write(f"{done['renewed']} need an earlier key, {done['current']} do not.")
        else:
            record(Action.FACTORS_REENCRYPTED, **done)
            self.stdout.write(f"{done['renewed']} re-encrypted, {done['current']} were under SECRET_KEY already.")
        if done["unreadable"]:
            raise CommandError(
                f"{done['unreadable']} can be read with no key in SECRET_KEY and SECRET_KEY_FALLBACKS. Add the key that wrote them and run "
                "this again; if it is lost, their owners set up a second step anew (remove_second_factor <email>)."
            )
