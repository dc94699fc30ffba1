"""The configuration of programs in the admin site: plain forms for the operator's incentives admins. Enrolments move by verbs only."""

from . import catalogue, enrolment, program

__all__ = ["catalogue", "enrolment", "program"]
