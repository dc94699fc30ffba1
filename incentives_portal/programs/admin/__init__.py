"""The configuration of programs in the admin site: plain forms for the operator's incentives admins."""

from . import catalogue, program

__all__ = ["catalogue", "program"]
