"""Placeholder until the proposal lands."""

from kb.tree import Tree


def propose(tree: Tree) -> str:
    """To be written."""
    raise NotImplementedError(tree.folder)
