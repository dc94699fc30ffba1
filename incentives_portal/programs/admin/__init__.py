"""Pages of the admin site for the configuration of programs."""

from . import catalogue, program

__all__ = ["catalogue", "program"]
