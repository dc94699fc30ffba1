"""Cases and their history."""

from .case import NEWEST_OF_ORGANISATION, NOT_DELETED, Case, CaseDetail, CaseTotal, Counter
from .heads import ChainHead, DailyHead, HeadedCase, HeadedOrganisation
from .history import (
    COMMENT_CODES,
    CONFIRMED,
    EXCEPTION,
    REASON_WORDS,
    Approval,
    Decision,
    Event,
    ReasonCode,
    Remark,
    Submission,
)

__all__ = [
    "COMMENT_CODES",
    "CONFIRMED",
    "EXCEPTION",
    "NEWEST_OF_ORGANISATION",
    "NOT_DELETED",
    "REASON_WORDS",
    "Approval",
    "Case",
    "CaseDetail",
    "CaseTotal",
    "ChainHead",
    "Counter",
    "DailyHead",
    "Decision",
    "Event",
    "HeadedCase",
    "HeadedOrganisation",
    "ReasonCode",
    "Remark",
    "Submission",
]
