"""What is true: Markdown, front matter, taxonomy, git, time and change. Never heard of vectors."""
