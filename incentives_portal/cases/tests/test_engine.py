"""What the engine does by itself, whatever the case: it begins again after a deadlock, and not after anything else."""

import pytest
from django.db import OperationalError, transaction
from psycopg2.errors import DeadlockDetected, QueryCanceled, SerializationFailure

from incentives_portal.cases import engine
from incentives_portal.cases.errors import NotAllowed


class Statement:
    """Something done in a transaction that the database breaks off so many times, for a reason."""

    def __init__(self, reason, times):
        self.reason, self.times, self.tried = reason, times, 0

    def __call__(self):
        self.tried += 1
        if self.tried <= self.times:
            raise OperationalError("broken off") from self.reason()
        return "done"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reason", [DeadlockDetected, SerializationFailure])
def test_what_came_in_anothers_way_is_begun_again(reason):
    statement = Statement(reason, times=2)

    assert engine._retried(statement) == "done"
    assert statement.tried == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("reason", "tries"), [(DeadlockDetected, 3), (QueryCanceled, 1)])
def test_it_is_given_up_after_three_tries_and_at_once_where_another_try_would_not_help(reason, tries):
    statement = Statement(reason, times=99)

    with pytest.raises(OperationalError, match="broken off"):
        engine._retried(statement)

    assert statement.tried == tries


@pytest.mark.django_db
def test_nothing_is_begun_again_within_a_transaction_that_is_broken():
    statement = Statement(DeadlockDetected, times=1)

    with pytest.raises(OperationalError), transaction.atomic():
        engine._retried(statement)

    assert statement.tried == 1


def test_who_may_not_is_told_why_or_that_the_role_does_not_allow_it():
    assert str(NotAllowed()) == "Your role does not allow this."
    assert str(NotAllowed("You decided about it before.")) == "You decided about it before."
