"""What the event store raises. In a file of its own, so that who only catches it does not import the database."""


class StoreError(Exception):
    """The database cannot be opened, read or written. The message names neither passwords nor what is stored."""


class RefusedError(StoreError):
    """The database runs, but cannot hold what is to be stored: trying again does not help."""
