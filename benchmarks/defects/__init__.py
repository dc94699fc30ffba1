"""Plant small defects in important modules, and count those that the tests detect.

These are the modules for money, rights, dates and messages.
"""
