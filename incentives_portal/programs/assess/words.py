"""The words of every rule and step. An assessment stores codes and values; these sentences are made when somebody reads it.

A rule that was taken away keeps its line here as long as stored assessments name it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .params import shown

Text = str | Promise


@dataclass(frozen=True)
class Words:
    """What is said when a rule is met, when it is not, and what would mend it."""

    met: Text
    unmet: Text
    fix: Text = ""


#: Rules that speak only when they are broken.
_SILENT = ""
#: What is required is told in the words of the requirement.
_AS_IT_IS = "%(words)s"
_MISSING = _("Missing: %(words)s")
_PROOF_WORDS = {
    "executed": Words(
        _("The date of execution has passed."),
        _("The date of execution, %(date)s, is still to come."),
        _("Enter the day on which the activity took place, and file the proof after it."),
    ),
    "in_campaign": Words(
        _("The date of execution lies within the campaign."),
        _("The date of execution, %(date)s, is not within the campaign, %(starts)s to %(ends)s."),
        _("Enter a date between the first and the last day of the campaign."),
    ),
    "in_usage_period": Words(
        _("The date of execution lies within the usage period."),
        _("The date of execution, %(date)s, is not within the usage period, %(starts)s to %(ends)s."),
        _("Choose the usage period in which the activity took place, or correct the date."),
    ),
    "claiming_open": Words(
        _("The claiming period is open."),
        _("A claim for this usage period can be submitted from %(starts)s to %(ends)s."),
        _("Submit the claim within the claiming period."),
    ),
    "proof_due": Words(
        _("The proof is on time."),
        _("The proof was due on %(due)s."),
        _("Submit it now and say in the final comments why it is late; the reviewer decides."),
    ),
    "activity_allowed": Words(
        _SILENT,
        _("“%(activity)s” is not eligible in this kind of program."),
        _("Choose another activity."),
    ),
    "components_chosen": Words(
        _("The parts of the campaign are chosen."),
        _("It is not said which parts the campaign had."),
        _("Tick each part that was used; its requirements are then added below."),
    ),
    "impressions": Words(
        _("Estimated impressions are given."),
        _("Estimated impressions are missing."),
        _("Enter how many people the activity reached, as an estimate."),
    ),
    "pre_approval": Words(
        _("The pre-approval ID is given."),
        _("The pre-approval ID is missing."),
        _("Enter the ID that you received when your material was approved."),
    ),
    "evidence": Words(
        _("The costs are shown by an invoice or a certified service report."),
        _("There is neither a third-party invoice nor a certified service report."),
        _("Add the invoice of the supplier or, for work done in-house, a certified service report."),
    ),
    "report_lines": Words(
        _SILENT,
        _("A service report has no lines."),
        _("Add a line for each person who worked: role, dates, hours, and rate."),
    ),
    "report_certified": Words(
        _("The service report is certified."),
        _("A service report is not certified."),
        _("Open the service report and certify it with your name."),
    ),
    "invoice_file": Words(
        _SILENT,
        _("The file of invoice %(number)s of %(supplier)s was refused."),
        _("Replace the file by one that can be opened."),
    ),
    "invoice_infected": Words(
        _SILENT,
        _("The virus scanner found malware in the file of invoice %(number)s of %(supplier)s."),
        _("Replace it by a clean file."),
    ),
    "invoice_waiting": Words(
        _SILENT,
        _("The file of invoice %(number)s of %(supplier)s is still being checked."),
        _("Nothing is wrong and nothing is lost: open this page again in a minute."),
    ),
    "invoice_date": Words(
        _SILENT,
        _("Invoice %(number)s of %(supplier)s is dated %(date)s, which is still to come."),
        _("Check the date on the invoice."),
    ),
    "invoice_again": Words(
        _SILENT,
        _("Invoice %(number)s of %(supplier)s is also in %(cases)s."),
        _("If it pays for both, say in the final comments how the costs are divided; otherwise remove it."),
    ),
    "invoices_share_file": Words(
        _SILENT,
        _("These invoices have the same file: %(invoices)s."),
        _("Give each invoice its own file. If one file holds all of them, say so in the final comments."),
    ),
    "expenses_given": Words(
        _("The costs are listed."),
        _("No costs are listed."),
        _("Add a line for each cost: its type, net amount, and tax."),
    ),
    "expense_evidence": Words(
        _SILENT,
        _("The cost “%(words)s” belongs to no invoice and no service report."),
        _("Choose the invoice or service report that shows it."),
    ),
    "expense_typed": Words(
        _SILENT,
        _("The cost “%(words)s” has no type."),
        _("Choose what kind of cost it is; without a type it does not count."),
    ),
    "expense_eligible": Words(
        _("All costs are eligible."),
        _("“%(words)s” is not an eligible expense of this activity and does not count."),
        _("Choose another type if it fits, or leave it: it is not reimbursed. Eligible are: %(eligible)s."),
    ),
    "expense_rate": Words(
        _SILENT,
        _("There is no exchange rate from %(currency)s for the month of the activity."),
        _("Ask the operator to enter the rate of that month."),
    ),
    "cap_rate": Words(
        _SILENT,
        _(
            "The limit of %(limit)s is not checked: there is no exchange rate between %(from)s and %(to)s for %(month)s, "
            "the month of the activity."
        ),
        _("Ask the operator to enter the rate of that month."),
    ),
    "cap_used_rate": Words(
        _SILENT,
        _(
            "What other claims have in %(from)s is not counted towards the limit of %(limit)s: there is no exchange rate between "
            "%(from)s and %(to)s for %(month)s, the month of their activities."
        ),
        _("Ask the operator to enter the rate of that month."),
    ),
    "cap_funds": Words(
        _SILENT,
        _("The amount is not checked against the limit by the co-op funds earned: the funds are not known yet."),
        _("Nothing has to be changed: the limit is checked once the funds are known."),
    ),
    "cap_attendees": Words(
        _SILENT,
        _("The amount is not checked against the limits on attendees: nobody is listed."),
        _("List the attendees and the cost of each."),
    ),
    "cap_exception": Words(
        _SILENT,
        _("The amount is not checked against other limits that may apply, see the program guide."),
        _("Compare the amount with the program guide."),
    ),
    "attendees": Words(
        _SILENT,
        _("%(present)s people are listed; the costs of at most %(most)s are reimbursed."),
        _("The costs of the others do not count."),
    ),
    "document_note": Words(
        _("Each proof document has a note."),
        _("%(name)s has no note."),
        _("Say in a sentence what the document shows."),
    ),
    "document_file": Words(
        _SILENT,
        _("The file %(name)s was refused."),
        _("Replace it by a file that can be opened."),
    ),
    "document_infected": Words(
        _SILENT,
        _("The virus scanner found malware in %(name)s."),
        _("Replace it by a clean file."),
    ),
    "document_waiting": Words(
        _SILENT,
        _("The file %(name)s is still being checked."),
        _("Nothing is wrong and nothing is lost: open this page again in a minute."),
    ),
    "document_again": Words(
        _SILENT,
        _("%(name)s is also in %(cases)s."),
        _("If it shows both activities, say in its note which part belongs here; otherwise replace it."),
    ),
    "documents_share_file": Words(
        _SILENT,
        _("The same file was added %(count)s times: %(names)s."),
        _("Remove what is there twice, or replace it by the file that was meant."),
    ),
    "document_is_invoice": Words(
        _SILENT,
        _("%(name)s is the same file as that of an invoice: %(invoices)s."),
        _("Remove it if the invoice was not meant to be a proof document, or replace it by the file that was meant."),
    ),
    "amount_within": Words(
        _("The amount is within what can be reimbursed."),
        _("%(asked)s is asked; at most %(allowed)s can be reimbursed."),
        _("Lower the amount to %(allowed)s, or see in the calculation what limits it."),
    ),
}
_REQUIREMENT_WORDS = {
    "requirement.document": Words(
        _AS_IT_IS, _MISSING, _("Add a proof document that shows this, and tick this requirement beside it.")
    ),
    "requirement.url": Words(_AS_IT_IS, _MISSING, _("Enter the address of the page.")),
    "requirement.number": Words(_AS_IT_IS, _MISSING, _("Enter the number.")),
    "requirement.text": Words(_AS_IT_IS, _MISSING, _("Write it down.")),
    "requirement.table": Words(_AS_IT_IS, _MISSING, _("List the people and the cost of each.")),
    "requirement.declaration": Words(_AS_IT_IS, _MISSING, _("Tick the box to declare it.")),
    "requirement.choice": Words(_AS_IT_IS, _MISSING, _("Choose one of the answers.")),
    "requirement.invoice": Words(_AS_IT_IS, _MISSING, _("Add this invoice; a service report is not enough.")),
    "requirement.any": Words(_AS_IT_IS, _("Missing, one of these: %(words)s"), _("One of them is enough.")),
}
_PLAN_WORDS = {
    "enrolled": Words(
        _("The location is enrolled in the program."),
        _("The location is not enrolled in the program."),
        _("Ask the operator to enroll it."),
    ),
    "plan_first_deadline": Words(
        _("The program year is open for first submission."),
        _("A plan for this program year had to be submitted by %(until)s."),
        _("Create a plan for the current program year."),
    ),
    "plan_revision_deadline": Words(
        _("The plan can still be revised."),
        _("Plans of this program year could be revised until %(until)s."),
        _("What was approved stays in force."),
    ),
    "has_campaign": Words(
        _("The plan has a campaign."), _("The plan has no campaign."), _("Add at least one campaign.")
    ),
    "campaign_in_year": Words(
        _("The campaign “%(campaign)s” lies within the program year."),
        _("The campaign “%(campaign)s” is not within the program year, %(starts)s to %(ends)s."),
        _("Move its first and last day into the program year."),
    ),
    "has_activity": Words(
        _("The campaign “%(campaign)s” has an activity."),
        _("The campaign “%(campaign)s” has no activity."),
        _("Add at least one activity to it."),
    ),
    "activity_countries": Words(
        _("The activity “%(activity)s” has its countries."),
        _("The activity “%(activity)s” has no country."),
        _("Choose at least one country/region."),
    ),
    "countries_in_market": Words(
        _("The countries of “%(activity)s” belong to the market."),
        _("“%(activity)s” takes place outside the market of the plan."),
        _("Choose countries/regions of the market, or explain it in the description."),
    ),
    "plan_activity_allowed": Words(
        _("“%(type)s” is eligible in this program."),
        _("“%(type)s” (%(activity)s) is not eligible in this kind of program."),
        _("Choose another kind of activity."),
    ),
    "planned_within_requested": Words(
        _("The planned amounts come to no more than is requested."),
        _("The activities come to %(planned)s, but %(requested)s is requested."),
        _("Request more, or lower the planned amounts; otherwise you pay the difference yourself."),
    ),
    "requested_is_planned": Words(
        _("The requested amount is planned for."),
        _("%(requested)s is requested, but the activities come to %(planned)s only."),
        _("Plan what the rest is for, or request less."),
    ),
    "reviewer_at_operator": Words(
        _("The reviewer works for the operator."),
        _("%(email)s is not an address of the operator."),
        _("Enter the e-mail address of your account manager at the operator."),
    ),
    "reviewer_is_user": Words(
        _("The reviewer uses the portal."),
        _("%(email)s does not belong to an active user of the portal."),
        _("Check the spelling. The plan is reviewed all the same."),
    ),
}
RULES: dict[str, Words] = _PROOF_WORDS | _REQUIREMENT_WORDS | _PLAN_WORDS

STEPS: dict[str, Text] = {
    "costs.net": _("Costs shown, net"),
    "costs.gross": _("Costs shown, gross"),
    "eligible": _("Eligible expenses"),
    "share": _("Reimbursed share of %(percent)s %%"),
    "cap.amount": _("Limit of the activity: %(limit)s %(per)s"),
    "cap.percent_of_earned": _("Limit: %(percent)s %% of the co-op funds earned %(per)s"),
    "cap.greater_of": _("Limit: %(percent)s %% of all co-op funds or %(limit)s %(per)s, whichever is more"),
    "cap.amount_per_person_per_event": _("Limit: %(limit)s per person and event"),
    "cap.max_attendees": _("Limit: costs of %(count)s attendees"),
    "cap.unknown_funds": _("Limit by the co-op funds earned: checked once the funds are known"),
    "cap.unknown_rate": _("Limit of %(limit)s: not checked, no exchange rate for the month"),
    "cap.unknown_attendees": _("Limit per person: checked once the attendees are listed"),
    "cap.exception": _("Other limits may apply, see the program guide"),
    "planned": _("What is left of the planned amount of the activity"),
    "plan_limit": _("What is left of the plan limit"),
    "asked": _("Reimbursable of the amount asked"),
    "plan.planned": _("Planned for the activities"),
    "plan.requested": _("Requested amount"),
}
PER: dict[str, Text] = {
    "usage_period": _("in the usage period"),
    "program_period": _("in the program period"),
    "event": _("per event"),
}


def finding_text(rule: str, met: bool, params: Mapping[str, Any]) -> str:
    words = RULES.get(rule)
    return rule if words is None else _filled(words.met if met else words.unmet, params)


def finding_fix(rule: str, params: Mapping[str, Any]) -> str:
    words = RULES.get(rule)
    return "" if words is None else _filled(words.fix, params)


def step_text(code: str, params: Mapping[str, Any]) -> str:
    values = {"per": str(PER.get(params.get("scope", ""), ""))} | dict(params)
    return _filled(STEPS.get(code, code), values)


def _filled(text: Text, params: Mapping[str, Any]) -> str:
    return str(text) % {key: shown(value) for key, value in params.items()}
