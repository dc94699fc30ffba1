"""People at work for the restore drill: comments with files, uploads that are forgotten, and the cleanup that removes them."""

import time
from datetime import timedelta
from itertools import count
from pathlib import Path

from claims import services as claims
from claims.models import Claim
from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import User
from incentives_portal.cases.errors import CaseError
from incentives_portal.documents import cleanup
from incentives_portal.documents import services as documents
from incentives_portal.documents.tests import samples
from incentives_portal.documents.upload_validation import UploadRefused


def write(name: str, folder: str) -> None:
    """Work until the file ``stop`` is in the folder; then say how much was done."""
    stop, done, refused = Path(folder, "stop"), 0, 0
    reviewers = list(
        User.objects.filter(organisation_roles__role=Role.OPERATOR_REVIEWER, is_active=True).order_by("pk")
    )
    cases = list(Claim.objects.exclude(case__submitted_at=None).order_by("pk")[:20])
    for number in count():
        if stop.exists():
            break
        actor, claim = reviewers[number % len(reviewers)], cases[number % len(cases)]
        content = samples.CSV + f"{name};{number}\r\n".encode()
        try:
            version = documents.store(
                samples.upload(f"{name}-{number}.csv", content), organisation=claim.case.organisation, actor=actor
            )
            claims.add_comment(claim, actor=actor, comment=f"{name} {number}", versions=[version])
            done += 1
        except (UploadRefused, CaseError):
            refused += 1  # the hour's quota is used up, or two wrote to one case
    print(f"{name}: {done} comments with a file, {refused} refused")


def forget(folder: str) -> None:
    """Upload what nobody will attach, as if three days ago, and let the cleanup take it away, again and again."""
    stop, swept = Path(folder, "stop"), 0
    actor = User.objects.filter(organisation_roles__role=Role.OPERATOR_REVIEWER, is_active=True).order_by("pk").first()
    assert actor is not None
    for number in count():
        if stop.exists():
            break
        with clock.at(clock.now() - timedelta(days=3)):
            content = samples.CSV + f"{number}\r\n".encode()
            documents.store(samples.upload("forgotten.csv", content), organisation=actor.organisation, actor=actor)
        if number % 5 == 4:
            swept += cleanup.sweep().documents
        time.sleep(0.2)
    print(f"cleanup: {swept} forgotten uploads removed")
