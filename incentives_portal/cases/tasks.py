"""Background work on cases."""

from celery import shared_task

from .models import CaseTotal


@shared_task(name="cases.merge_totals", ignore_result=True)
def merge_totals() -> None:
    """Merge the rows of the totals, which grow by two with each change of a status."""
    CaseTotal.objects.merge()
