"""Write accounts: people, their preferences, organization-wide roles, second factors."""

from .people import add_location, add_person, change_person, choose_language, keep_columns
from .roles import (
    LastAdmin,
    WrongSide,
    check_not_last_admin,
    check_role_can_go,
    give_role,
    lock_organisation,
    remove_role,
)
from .second_factor import NoSecondFactor, reencrypt_factors, remove_second_factor

__all__ = [
    "LastAdmin",
    "NoSecondFactor",
    "WrongSide",
    "add_location",
    "add_person",
    "change_person",
    "check_not_last_admin",
    "check_role_can_go",
    "choose_language",
    "give_role",
    "keep_columns",
    "lock_organisation",
    "reencrypt_factors",
    "remove_role",
    "remove_second_factor",
]
