"""Read uploaded files in an isolated process; imports no models (docs/decisions/0012-sandbox.md)."""
