"""The two database roles of the embedded cluster (docs/decisions/0019-two-roles.md)."""

#: Runs the portal: it owns nothing and has the rights of ``installation/rights.py``.
RUN = "portal"
#: Owns the database and everything in it: migrations and restores use it.
OWNER = "portal_owner"
