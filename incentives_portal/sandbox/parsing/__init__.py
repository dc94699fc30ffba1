"""Reading hostile files. Runs in a child process under limits (``runner.py``), so nothing of Django or of the portal is imported here."""
