"""What is near: passages, vectors and ranking. Imports kb's values; never heard of HTTP."""
