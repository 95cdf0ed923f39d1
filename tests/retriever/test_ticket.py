"""The issue in a pasted ticket."""

import pytest

from retriever.ticket import issue_of

ENGLISH = """\
Ticket #48213
From: Rosa M.
Subject: Card declined at the pharmacy
Hi team,

My card was declined twice today although I have money on it.
Can you tell me why?

Thanks,
Rosa

On Tue, 3 Mar 2026, Support wrote:
> Thank you for contacting Tamarind about your remittance.
"""
SPANISH = """\
Estado: abierto
Buenas tardes, equipo:
La clienta dice que no le llegó la nómina de esta quincena.
Ya revisó con su empresa.
Quedo atento a sus comentarios.
Saludos cordiales
Luis, Mérida

El mar, 3 de marzo de 2026, Soporte escribió:
> Su transferencia fue devuelta.
"""


def test_greetings_signatures_and_quoted_mails_are_left_out() -> None:
    """What is left is the subject and what the customer says."""
    assert issue_of(ENGLISH).splitlines() == [
        "Card declined at the pharmacy",
        "My card was declined twice today although I have money on it.",
        "Can you tell me why?",
    ]


def test_a_spanish_ticket_is_read_the_same_way() -> None:
    """Half of the tickets are Spanish."""
    assert issue_of(SPANISH).splitlines() == [
        "La clienta dice que no le llegó la nómina de esta quincena.",
        "Ya revisó con su empresa.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Hi, card declined",
        "Subject: refund\nwhere is it",
        "Hi team\nThanks\nBest regards",
        "\n\n\n",
        "",
        "> only\n> a\n> quote",
    ],
)
def test_short_questions_and_tickets_without_an_issue_stay_as_they_are(text: str) -> None:
    """Something has to be searched."""
    assert issue_of(text) == text


def test_only_the_customers_turns_of_a_chat_are_read() -> None:
    """The agent's own sentences say nothing of the issue."""
    chat = "Agent: Thank you for calling, how can I help?\nCustomer: I lost my card abroad\nAgent: I am sorry to hear that\n"

    assert issue_of(chat) == "I lost my card abroad"
