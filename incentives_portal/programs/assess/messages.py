"""The sentences of all rules and steps. Assessments store codes and values; the text is made when it is read.

A removed rule stays here as long as stored assessments contain it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .params import shown

Text = str | Promise


@dataclass(frozen=True)
class RuleText:
    """The sentences of a rule: when it is met, when it is not, and how to fix it."""

    met: Text
    unmet: Text
    fix: Text = ""


#: For rules that produce no finding when they are met.
_SILENT = ""
#: A met requirement is shown with its own text.
_AS_IT_IS = "%(text)s"
_MISSING = _("Missing: %(text)s")
RULES: dict[str, RuleText] = {
    # Proofs and claims
    "executed": RuleText(
        _("The date of execution has passed."),
        _("The date of execution, %(date)s, is in the future."),
        _("Enter the day the activity took place, and submit the proof after that day."),
    ),
    "in_campaign": RuleText(
        _("The date of execution is within the campaign."),
        _("The date of execution, %(date)s, is not within the campaign, %(starts)s to %(ends)s."),
        _("Enter a date between the first and the last day of the campaign."),
    ),
    "in_usage_period": RuleText(
        _("The date of execution is within the usage period."),
        _("The date of execution, %(date)s, is not within the usage period, %(starts)s to %(ends)s."),
        _("Choose the usage period in which the activity took place, or correct the date."),
    ),
    "claiming_open": RuleText(
        _("The claiming period is open."),
        _("A claim for this usage period can be submitted from %(starts)s to %(ends)s."),
        _("Submit the claim within the claiming period."),
    ),
    "proof_due": RuleText(
        _("The proof is on time."),
        _("The proof was due on %(due)s."),
        _("Submit it now and explain in the final comments why it is late. The reviewer decides."),
    ),
    "activity_allowed": RuleText(
        _SILENT,
        _("“%(activity)s” is not eligible in this kind of program."),
        _("Choose another activity."),
    ),
    "components_chosen": RuleText(
        _("The parts of the campaign are selected."),
        _("No parts of the campaign are selected."),
        _("Select each part that was used. Its requirements are then added below."),
    ),
    "impressions": RuleText(
        _("Estimated impressions are provided."),
        _("Estimated impressions are missing."),
        _("Enter an estimate of how many people the activity reached."),
    ),
    "pre_approval": RuleText(
        _("The pre-approval ID is provided."),
        _("The pre-approval ID is missing."),
        _("Enter the ID that you received when your material was approved."),
    ),
    "evidence": RuleText(
        _("The costs are documented by an invoice or a certified service report."),
        _("There is no third-party invoice or certified service report."),
        _("Add the supplier’s invoice or, for in-house work, a certified service report."),
    ),
    "report_lines": RuleText(
        _SILENT,
        _("A service report has no lines."),
        _("Add a line for each person who did the work: role, dates, hours, and rate."),
    ),
    "report_certified": RuleText(
        _("The service report is certified."),
        _("A service report is not certified."),
        _("Open the service report and certify it with your name."),
    ),
    "invoice_file": RuleText(
        _SILENT,
        _("The file for invoice %(number)s from %(supplier)s was rejected."),
        _("Replace the file with one that can be opened."),
    ),
    "invoice_infected": RuleText(
        _SILENT,
        _("The virus scanner found malware in the file for invoice %(number)s from %(supplier)s."),
        _("Replace it with a clean file."),
    ),
    "invoice_waiting": RuleText(
        _SILENT,
        _("The file for invoice %(number)s from %(supplier)s is still being checked."),
        _("You do not need to do anything. Open this page again in a minute."),
    ),
    "invoice_date": RuleText(
        _SILENT,
        _("Invoice %(number)s from %(supplier)s is dated %(date)s, which is in the future."),
        _("Check the date on the invoice."),
    ),
    "invoice_again": RuleText(
        _SILENT,
        _("Invoice %(number)s from %(supplier)s is also in %(cases)s."),
        _("If it covers both, explain in the final comments how the costs are divided. Otherwise, remove it."),
    ),
    "invoices_share_file": RuleText(
        _SILENT,
        _("These invoices have the same file: %(invoices)s."),
        _(
            "Use a separate file for each invoice. If one file contains all of them, explain this in the final "
            "comments."
        ),
    ),
    "expenses_given": RuleText(
        _("The costs are listed."),
        _("No costs are listed."),
        _("Add a line for each cost: its type, net amount, and tax."),
    ),
    "expense_evidence": RuleText(
        _SILENT,
        _("The cost “%(text)s” is not linked to an invoice or a service report."),
        _("Choose the invoice or service report that shows this cost."),
    ),
    "expense_typed": RuleText(
        _SILENT,
        _("The cost “%(text)s” has no type."),
        _("Choose the type of cost. A cost without a type does not count."),
    ),
    "expense_eligible": RuleText(
        _("All costs are eligible."),
        _("“%(text)s” is not an eligible expense of this activity and does not count."),
        _("Choose another type if one fits. Otherwise, this cost is not reimbursed. Eligible expenses: %(eligible)s."),
    ),
    "expense_rate": RuleText(
        _SILENT,
        _("There is no exchange rate from %(currency)s for the month of the activity."),
        _("Ask the operator to enter the rate for that month."),
    ),
    "cap_rate": RuleText(
        _SILENT,
        _(
            "The limit of %(limit)s is not checked: there is no exchange rate between %(from)s and %(to)s for %(month)s, "
            "the month of the activity."
        ),
        _("Ask the operator to enter the rate for that month."),
    ),
    "cap_used_rate": RuleText(
        _SILENT,
        _(
            "Amounts in %(from)s on other claims are not counted toward the limit of %(limit)s: there is no "
            "exchange rate between %(from)s and %(to)s for %(month)s, the month of their activities."
        ),
        _("Ask the operator to enter the rate for that month."),
    ),
    "cap_funds": RuleText(
        _SILENT,
        _("The amount is not checked against the limit based on the co-op funds earned: the funds are not known yet."),
        _("You do not need to change anything. The limit is checked once the funds are known."),
    ),
    "cap_attendees": RuleText(
        _SILENT,
        _("The amount is not checked against the attendee limits: no attendees are listed."),
        _("List the attendees and the cost of each."),
    ),
    "cap_exception": RuleText(
        _SILENT,
        _("The amount is not checked against other limits that may apply (see the program guide)."),
        _("Compare the amount with the program guide."),
    ),
    "attendees": RuleText(
        _SILENT,
        _("%(present)s people are listed. Costs are reimbursed for at most %(most)s."),
        _("Costs for the others do not count."),
    ),
    "document_note": RuleText(
        _("Each proof document has a note."),
        _("%(name)s has no note."),
        _("Describe in one sentence what the document shows."),
    ),
    "document_file": RuleText(
        _SILENT,
        _("The file %(name)s was rejected."),
        _("Replace it with a file that can be opened."),
    ),
    "document_infected": RuleText(
        _SILENT,
        _("The virus scanner found malware in %(name)s."),
        _("Replace it with a clean file."),
    ),
    "document_waiting": RuleText(
        _SILENT,
        _("The file %(name)s is still being checked."),
        _("You do not need to do anything. Open this page again in a minute."),
    ),
    "document_again": RuleText(
        _SILENT,
        _("%(name)s is also in %(cases)s."),
        _("If it shows both activities, explain in its note which part belongs here. Otherwise, replace it."),
    ),
    "documents_share_file": RuleText(
        _SILENT,
        _("The same file was added %(count)s times: %(names)s."),
        _("Remove the duplicates, or replace them with the correct files."),
    ),
    "document_is_invoice": RuleText(
        _SILENT,
        _("%(name)s is the same file as the file of an invoice: %(invoices)s."),
        _("Remove this file if the invoice is not meant to be a proof document, or replace it with the correct file."),
    ),
    "amount_within": RuleText(
        _("The amount does not exceed what can be reimbursed."),
        _("%(asked)s is requested; at most %(allowed)s can be reimbursed."),
        _("Lower the amount to %(allowed)s, or check the calculation to see what limits it."),
    ),
    # Requirements
    "requirement.document": RuleText(
        _AS_IT_IS, _MISSING, _("Add a proof document that shows this, and select this requirement next to it.")
    ),
    "requirement.url": RuleText(_AS_IT_IS, _MISSING, _("Enter the web address of the page.")),
    "requirement.number": RuleText(_AS_IT_IS, _MISSING, _("Enter the number.")),
    "requirement.text": RuleText(_AS_IT_IS, _MISSING, _("Enter the text.")),
    "requirement.table": RuleText(_AS_IT_IS, _MISSING, _("List the people and the cost of each.")),
    "requirement.declaration": RuleText(_AS_IT_IS, _MISSING, _("Select the checkbox to make this declaration.")),
    "requirement.choice": RuleText(_AS_IT_IS, _MISSING, _("Choose one of the answers.")),
    "requirement.invoice": RuleText(_AS_IT_IS, _MISSING, _("Add this invoice; a service report is not enough.")),
    "requirement.any": RuleText(
        _AS_IT_IS, _("At least one of these is required: %(text)s"), _("One of them is enough.")
    ),
    # Plans
    "enrolled": RuleText(
        _("The location is enrolled in the program."),
        _("The location is not enrolled in the program."),
        _("Ask the operator to enroll it."),
    ),
    "plan_first_deadline": RuleText(
        _("The program year is open for first submission."),
        _("The deadline to submit a plan for this program year was %(until)s."),
        _("Create a plan for the current program year."),
    ),
    "plan_revision_deadline": RuleText(
        _("The plan can still be revised."),
        _("The deadline to revise plans for this program year was %(until)s."),
        _("What was approved remains in effect."),
    ),
    "has_campaign": RuleText(
        _("The plan has a campaign."), _("The plan has no campaign."), _("Add at least one campaign.")
    ),
    "campaign_in_year": RuleText(
        _("The campaign “%(campaign)s” is within the program year."),
        _("The campaign “%(campaign)s” is not within the program year, %(starts)s to %(ends)s."),
        _("Change its first and last day to dates within the program year."),
    ),
    "has_activity": RuleText(
        _("The campaign “%(campaign)s” has an activity."),
        _("The campaign “%(campaign)s” has no activity."),
        _("Add at least one activity to the campaign."),
    ),
    "activity_countries": RuleText(
        _("The activity “%(activity)s” has at least one country/region."),
        _("The activity “%(activity)s” has no country/region."),
        _("Choose at least one country/region."),
    ),
    "countries_in_market": RuleText(
        _("The countries/regions of “%(activity)s” are in the plan’s market."),
        _("“%(activity)s” takes place outside the plan’s market."),
        _("Choose countries/regions in the market, or explain the reason in the description."),
    ),
    "plan_activity_allowed": RuleText(
        _("“%(type)s” is eligible in this program."),
        _("“%(type)s” (%(activity)s) is not eligible in this kind of program."),
        _("Choose another kind of activity."),
    ),
    "planned_within_requested": RuleText(
        _("The planned amounts do not exceed the requested amount."),
        _("The activities total %(planned)s, but only %(requested)s is requested."),
        _("Request more, or lower the planned amounts. Otherwise, you pay the difference yourself."),
    ),
    "requested_is_planned": RuleText(
        _("The requested amount is covered by planned activities."),
        _("%(requested)s is requested, but the activities total only %(planned)s."),
        _("Plan activities for the rest, or request less."),
    ),
    "reviewer_at_operator": RuleText(
        _("The reviewer works for the operator."),
        _("%(email)s is not one of the operator’s email addresses."),
        _("Enter the email address of your account manager at the operator."),
    ),
    "reviewer_is_user": RuleText(
        _("The reviewer is an active user of the portal."),
        _("%(email)s does not belong to an active user of the portal."),
        _("Check the spelling. The plan will be reviewed either way."),
    ),
}

STEPS: dict[str, Text] = {
    "costs.net": _("Documented costs, net"),
    "costs.gross": _("Documented costs, gross"),
    "eligible": _("Eligible expenses"),
    "share": _("Reimbursed share of %(percent)s%%"),
    "cap.amount": _("Activity limit: %(limit)s %(per)s"),
    "cap.percent_of_earned": _("Limit: %(percent)s%% of the co-op funds earned %(per)s"),
    "cap.greater_of": _("Limit: %(percent)s%% of all co-op funds or %(limit)s %(per)s, whichever is greater"),
    "cap.amount_per_person_per_event": _("Limit: %(limit)s per person and event"),
    "cap.max_attendees": _("Limit: costs for %(count)s attendees"),
    "cap.unknown_funds": _("Limit based on the co-op funds earned: checked once the funds are known"),
    "cap.unknown_rate": _("Limit of %(limit)s: not checked, no exchange rate for the month"),
    "cap.unknown_attendees": _("Limit per person: checked once the attendees are listed"),
    "cap.exception": _("Other limits may apply (see the program guide)"),
    "planned": _("Remaining planned amount of the activity"),
    "plan_limit": _("Remaining plan limit"),
    "asked": _("Reimbursable part of the requested amount"),
    "plan.planned": _("Planned for the activities"),
    "plan.requested": _("Requested amount"),
}
PER: dict[str, Text] = {
    "usage_period": _("in the usage period"),
    "program_period": _("in the program period"),
    "event": _("per event"),
}


def finding_text(rule: str, met: bool, params: Mapping[str, Any]) -> str:
    rule_text = RULES.get(rule)
    return rule if rule_text is None else _filled(rule_text.met if met else rule_text.unmet, params)


def finding_fix(rule: str, params: Mapping[str, Any]) -> str:
    rule_text = RULES.get(rule)
    return "" if rule_text is None else _filled(rule_text.fix, params)


def step_text(code: str, params: Mapping[str, Any]) -> str:
    values = {"per": str(PER.get(params.get("scope", ""), ""))} | dict(params)
    return _filled(STEPS.get(code, code), values)


def _filled(text: Text, params: Mapping[str, Any]) -> str:
    return str(text) % {key: shown(value) for key, value in params.items()}
