"""Organizations, their locations, their people, the organization-wide roles, and the record of changes."""

from .changes import (
    ERASABLE,
    ActorKind,
    ChangeAction,
    ChangeHead,
    ChangeRequest,
    RecordedChange,
    RequestKind,
    RequestState,
)
from .organisations import Location, Organisation, OrganisationKind
from .people import OrganisationRole, RecordedName, User

__all__ = [
    "ERASABLE",
    "ActorKind",
    "ChangeAction",
    "ChangeHead",
    "ChangeRequest",
    "Location",
    "Organisation",
    "OrganisationKind",
    "OrganisationRole",
    "RecordedChange",
    "RecordedName",
    "RequestKind",
    "RequestState",
    "User",
]
