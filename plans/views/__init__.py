"""The portal's pages of plans. Those of the admin site are in admin.py and use the same services."""
