"""Where stored files lie, whose store it is, and what becomes of files that no row names. Files with rows: documents/."""
