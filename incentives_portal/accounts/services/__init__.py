"""Write accounts: people, their preferences, roles and second factors, and changes that a second person confirms."""

from .change_requests import (
    OwnRequest,
    RequestRefused,
    ask_for_columns,
    ask_for_own_address,
    ask_for_role,
    ask_for_setting,
    ask_to_remove_role,
    ask_to_remove_setting,
    confirm_change,
    refuse_change,
    withdraw_change,
)
from .people import add_location, add_person, change_person, choose_language, columns_to_confirm, keep_columns
from .roles import (
    LastAdmin,
    NeedsConfirmation,
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
    "NeedsConfirmation",
    "NoSecondFactor",
    "OwnRequest",
    "RequestRefused",
    "WrongSide",
    "add_location",
    "add_person",
    "ask_for_columns",
    "ask_for_own_address",
    "ask_for_role",
    "ask_for_setting",
    "ask_to_remove_role",
    "ask_to_remove_setting",
    "change_person",
    "check_not_last_admin",
    "check_role_can_go",
    "choose_language",
    "columns_to_confirm",
    "confirm_change",
    "give_role",
    "keep_columns",
    "lock_organisation",
    "reencrypt_factors",
    "refuse_change",
    "remove_role",
    "remove_second_factor",
    "withdraw_change",
]
