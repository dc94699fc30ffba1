"""The portal's pages of plans. Those of the admin site are in admin.py; both go through the same services."""
