"""Check waiting files now; with --again also files refused by an older reader or for taking too long."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Q

from incentives_portal.documents import checking, scanning, services
from incentives_portal.documents.enums import CheckState
from incentives_portal.documents.models import VersionCheck
from incentives_portal.sandbox.parsing.reasons import Reason


class Command(BaseCommand):
    help = "Check the files that wait, in this process, without a worker."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--again",
            action="store_true",
            help="also files that an older reader refused, or that were refused because reading them took too long",
        )

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        if again:
            self.stdout.write(f"{_release()} refused files are checked again.")
        checked = 0
        try:
            while checking.check_next() or checking.prepare_next():
                checked += 1
        except scanning.ScannerFailed as failure:
            self.stderr.write(f"The virus scanner gives no answer, files wait for it: {failure}")
        waiting = VersionCheck.objects.filter(state=CheckState.PENDING).count()
        self.stdout.write(f"{checked} steps done, {waiting} files still wait.")


def _release() -> int:
    """Reset refused files that may be readable today. Returns how many."""
    older = Q(reader__lt=checking.READER_VERSION) | Q(reason=Reason.TOO_COMPLEX)
    rows = list(VersionCheck.objects.filter(older, state=CheckState.REFUSED).select_related("version").order_by("pk"))
    for check in rows:
        services.check_again(check.version, None)
    return len(rows)
