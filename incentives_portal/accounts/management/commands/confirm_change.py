"""Confirm a change where nobody in the portal could: the operator has a single active incentives admin, who asked for it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incentives_portal.accounts.models import ChangeRequest, RequestState
from incentives_portal.accounts.services import RequestRefused, confirm_change


class Command(BaseCommand):
    help = "Confirm a change request, recorded as done on the server. Without an id, list the open requests."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", nargs="?", help="The id that the page of the request shows.")
        parser.add_argument(
            "--outside-domains", action="store_true", help="Accept an address outside the email domains."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = ChangeRequest.objects.filter(state=RequestState.OPEN).select_related("requested_by").order_by("pk")
        if options["id"] is None:
            for each in waiting:
                self.stdout.write(f"{each.public_id}  {each.label}: {each.changes}, asked by {each.requested_by.email}")
            return
        request = next((each for each in waiting if str(each.public_id) == options["id"]), None)
        if request is None:
            raise CommandError(f"There is no open request {options['id']}.")
        try:
            decided = confirm_change(request, actor=None, outside_domains=options["outside_domains"])
        except RequestRefused as error:
            raise CommandError(str(error)) from error
        if decided.state == RequestState.OUTDATED:
            raise CommandError("Nothing was changed: the old values no longer stand.")
        self.stdout.write(f"Confirmed: {decided.label}.")
