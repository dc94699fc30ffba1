"""The file store: its identity, its trash, and files without a row. For files with rows see documents/."""
