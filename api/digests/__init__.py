"""Digests: what a team is told, how it looks in each channel, and how it surely gets there, once."""
