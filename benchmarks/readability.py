"""The school grade that the tier-1 articles in English ask of their readers.

    python -m venv VENV && VENV/bin/pip install torch==2.13.0 && VENV/bin/pip install -e '.[readability]'   # apart from ours
    VENV/bin/python benchmarks/readability.py [--all]

Flesch-Kincaid grade over the prose of each source article of the working tree: paragraphs, list items and the sentences to
be said. Tables, headings, code and the names of steps are left out, because they are not sentences. textstat counts words
and sentences, pyphen syllables, as textstat does for words that its dictionary does not know: that dictionary would have to
be downloaded. Hyphenation finds fewer syllables than a dictionary, so that these grades lie a little low.
Prints the mean, the share at or below grade 9, and each article above it, hardest first; with --all every article.
"""

import argparse
import re
from typing import Final

from api.composition import source_of
from api.settings import read_settings
from kb.article import CAN_BE_IN_FORCE, Article
from kb.plain import plain
from kb.reading import read_library
from kb.repository import open_repository

try:
    import pyphen
    import textstat
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"{missing.name} is not installed; expected the extra `readability`. Make an environment for it:\n{__doc__}"
    ) from None

GRADE: Final = 9.0
SENTENCE: Final = 6  # words; a shorter line is a label, and labels would make an article look easier than it is
_HYPHENS: Final = pyphen.Pyphen(lang="en_US")
_NOT_PROSE: Final = re.compile(r"^(?:\||#|:::|```|\s*$)")
_ARROW: Final = re.compile(r"^.*? -> (?:resolved: |escalate: .*|\S+$)")  # what stands before and at an arrow of a step


def main() -> None:
    """Print how hard the articles are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    every = parser.parse_args().all
    settings = read_settings()
    source = source_of(settings, None)
    repository = open_repository(source.repo, settings.data_dir / "clones")
    articles = read_library(repository.working_tree(source.folder), source.outside).articles
    chosen = [it for it in articles if it.scope.tier == 1 and it.lang == "en" and it.status in CAN_BE_IN_FORCE]
    grades = sorted(((grade(article), article.id) for article in chosen), reverse=True)
    easy = [value for value, _ in grades if value <= GRADE]
    mean = sum(value for value, _ in grades) / len(grades)
    print(f"{len(grades)} articles  mean grade {mean:.1f}  at or below {GRADE:.0f}: {len(easy) / len(grades):.3f}")
    for value, name in grades:
        if value > GRADE or every:
            print(f"{value:>5.1f}  {name}")


def grade(article: Article) -> float:
    """Flesch-Kincaid school grade of the article's prose: years of school, higher is harder."""
    text = prose(article.body)
    words = textstat.lexicon_count(text)
    syllables = sum(len(_HYPHENS.positions(word)) + 1 for word in re.findall(r"[A-Za-z']+", text))
    return float(0.39 * words / textstat.sentence_count(text) + 11.8 * syllables / words - 15.59)


def prose(body: str) -> str:
    """The sentences of a body, one to a line, each with a stop at its end."""
    lines = (_ARROW.sub("", line) for line in body.splitlines() if not _NOT_PROSE.match(line))
    words = (plain(line) for line in lines)
    return "\n".join(text if text[-1] in ".?!" else f"{text}." for text in words if len(text.split()) >= SENTENCE)


if __name__ == "__main__":
    main()
