"""The partner incentives portal. Every module may import this one, so it contains the version only."""

__version__ = "0.1.0.dev0"
