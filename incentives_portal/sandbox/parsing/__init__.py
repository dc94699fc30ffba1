"""Read hostile files. Runs in a limited child process (``runner.py``).

Nothing of Django or of the portal is imported here.
"""
