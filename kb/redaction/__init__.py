"""Secrets in text: found by their shape, their check digits and the words around them, and replaced by placeholders."""

from kb.redaction.found import PLACEHOLDERS, Found
from kb.redaction.redaction import Redacted, redact

__all__ = ["PLACEHOLDERS", "Found", "Redacted", "redact"]
