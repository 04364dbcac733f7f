"""The store: all that was ever seen, owed and said, in a database."""
