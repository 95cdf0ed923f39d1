"""Language bias: what all passages of one language have in common decides nothing."""

from pathlib import Path

import numpy as np

from retriever.centring import centred
from retriever.snapshot import Models
from tests.retriever.worlds import article, ids, world_of


def test_within_one_language_the_order_stays() -> None:
    """Every inner product moves by the same amount."""
    draw = np.random.default_rng(7)
    vectors = draw.normal(size=(40, 8)).astype(np.float32)
    query = draw.normal(size=8).astype(np.float32)

    before = np.argsort(-(vectors @ query)).tolist()
    after = np.argsort(-(centred(vectors, ["en"] * 40) @ query)).tolist()

    assert before == after


def test_a_region_of_its_own_gives_a_language_no_start() -> None:
    """Spanish passages moved by one common vector score as if they had not been moved."""
    draw = np.random.default_rng(7)
    vectors = draw.normal(size=(4000, 8)).astype(np.float32)
    languages = ["en", "es"] * 2000
    moved = vectors.copy()
    moved[1::2] += 5

    gap = np.abs(centred(moved, languages) - centred(vectors, languages)).max()

    assert gap < 0.01  # of a shift of 5: what the two borrowed passages leave


def test_no_passage_is_no_error() -> None:
    """A space without passages in a leg."""
    assert centred(np.empty((0, 8), np.float32), []).tolist() == []


def test_a_spanish_question_finds_the_english_article_among_spanish_ones(tmp_path: Path, models: Models) -> None:
    """Articles that happen to be in the question's language do not crowd out the one that answers."""
    spanish = {
        f"es-{topic}.md": article(body, title=title, id=f"es-{topic}", lang="es")
        for topic, title, body in (
            ("hardship", "El cliente no puede pagar su préstamo", "Ofrezca un plan de pagos a seis meses sin recargos."),
            ("phishing", "Mensaje falso en nombre de la empresa", "Pida que no abra el enlace y que reenvíe el mensaje."),
            ("spei", "La remesa no aparece en la cuenta CLABE", "Busque el comprobante electrónico de pago del SPEI."),
            ("tax", "La constancia fiscal del año", "Se descarga en el menú de documentos desde febrero."),
        )
    }
    english = {
        "atm.md": article(
            "The machine kept the card. Block it and order a new one.", title="Card swallowed by an ATM", id="atm"
        ),
        "margin.md": article("The customer has two days to deposit more money.", title="Margin call", id="margin"),
        "wire.md": article("Wires sent after 17:00 leave on the next day.", title="Wire cut-off times", id="wire"),
    }
    world = world_of(spanish | english, tmp_path, models)

    assert ids(world.ask("el cajero se tragó la tarjeta"))[0] == "atm"
