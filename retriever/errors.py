"""What can go wrong on this floor. Every message says where, what, what was expected, and the cure."""


class RetrieverError(Exception):
    """The root of every error this floor raises on purpose; anything else that escapes is a bug."""


class ModelError(RetrieverError):
    """A model is missing, damaged, not convertible, or not what it claims to be."""


class VectorCacheError(RetrieverError):
    """The vector cache can be neither read nor written. A merely damaged cache is repaired without an error."""


class SnapshotError(RetrieverError):
    """A snapshot is damaged, half written, or was built by other models or another format."""


class UnreadableSnapshotError(SnapshotError):
    """A snapshot cannot be read now: the disk, the rights or too many open files. Nothing says that it is damaged."""
