"""How the database compares what is approved of a case with its decisions.

What is approved was approved by a decision, and stays until the next one: of a plan also while a revision is edited. Whoever
writes another amount into the case, takes the approval away, or approves without a decision, is refused when the
transaction ends. Nobody can change the decision.
"""

import pgtrigger

from incentives_portal.installation.triggers import Guard

from .enums import Outcome

#: The row is read again: the transaction may have changed it since.
_COMPARE = f"""
SELECT approved_submission_id, approved_amount INTO approved FROM cases_case WHERE id = NEW.id;
SELECT submission_id, approved_amount INTO decided FROM cases_decision
    WHERE case_id = NEW.id AND outcome = '{Outcome.APPROVED}' ORDER BY id DESC LIMIT 1;
IF (approved.approved_submission_id, approved.approved_amount) IS DISTINCT FROM (decided.submission_id, decided.approved_amount) THEN
    RAISE EXCEPTION 'What is approved of case % is not what was decided', NEW.reference;
END IF;
RETURN NULL;
"""  # noqa: S608  (constants)
_DECLARE = [("approved", "record"), ("decided", "record")]


def _compared(name: str, operation: pgtrigger.Operation, condition: pgtrigger.Condition) -> Guard:
    return Guard(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        timing=pgtrigger.Deferred,
        condition=condition,
        declare=_DECLARE,
        func=_COMPARE,
    )


#: Triggers of Case, at the end of the transaction.
APPROVAL_TRIGGERS = [
    _compared("opened_undecided", pgtrigger.Insert, pgtrigger.Q(new__approved_submission__isnull=False)),
    _compared("approved_as_decided", pgtrigger.Update, pgtrigger.AnyChange("approved_submission", "approved_amount")),
]
