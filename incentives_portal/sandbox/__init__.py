"""Read what strangers sent, in a process that can do nothing else; knows no models (docs/decisions/0012-sandbox.md)."""
