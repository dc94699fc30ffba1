"""The partner incentives portal. What stands here is imported by everything: the version, and nothing else."""

__version__ = "0.1.0.dev0"
