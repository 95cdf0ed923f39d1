"""What agents paste from other programs: what of it is searched, and what is not."""

import pytest

from retriever.ticket import issue_of

# The form of a turn of the agent, and of one of the customer; the chat is the same.
TURNS = {
    "a desk's transcript": ("Agent: ", "Customer: "),
    "times in brackets": ("[10:02] Agent: ", "[10:03] Customer: "),
    "bare times": ("10:02 Agent: ", "10:03 Customer: "),
    "Zendesk, a name and a visitor": ("(10:02:33) Ana: ", "(10:03:01) Visitor 48213: "),
    "Zendesk, half days": ("(10:02:33 AM) Ana: ", "(10:03:01 AM) Visitor: "),
    "a time behind the role": ("Agent (10:02): ", "Customer (10:03): "),
    "half days and a dash": ("10:02 AM - Agent: ", "10:03 AM - Customer: "),
    "Spanish half days": ("Agente [10:02 a. m.]: ", "Clienta [10:03 a. m.]: "),
    "whole dates": ("2026-11-22 10:02 Agent: ", "2026-11-22 10:03 Customer: "),
    "ISO times": ("[2026-11-22T10:02:33Z] support: ", "[2026-11-22T10:03:01Z] user: "),
    "month names": ("Nov 22, 2026 10:02 AM Support: ", "Nov 22, 2026 10:03 AM Caller: "),
    "WhatsApp on an iPhone": ("[22/11/26, 10:02:33] Soporte Tamarind: ", "[22/11/26, 10:03:01] Cliente: "),
    "WhatsApp with its marks": (
        "\u200e[22/11/26, 10:02:33\u202fa.\u202fm.] Asesor Luis: ",
        "[22/11/26, 10:03:01\u202fa.\u202fm.] Rosa: ",
    ),
    "WhatsApp on Android": ("22/11/26, 10:02 - Asesora: ", "22/11/26, 10:03 - +52 1 55 1234 5678: "),
    "Intercom": ("Ana from Support, 10:02 AM: ", "Rosa Martínez, 10:03 AM: "),
    "Slack": ("Support Bot APP 10:02 AM\n", "Rosa Martínez 10:03 AM\n"),
    "Slack in brackets": ("Agent Ana [10:02 AM]\n", "Rosa Martínez [10:03 AM]\n"),
    "Spanish roles": ("Agente: ", "Cliente: "),
    "a bot and a member": ("Chatbot: ", "Member: "),
    "bold roles": ("**Agent:** ", "**Customer:** "),
}
HELLO, SORRY, RESET = "Hi, how may I help you?", "I am sorry, one moment.", "Did you reset your password?"
EATEN, WHERE = "so my card got eaten by the atm", "at the gas station"


@pytest.mark.parametrize(("agent", "customer"), TURNS.values(), ids=TURNS)
def test_of_a_chat_only_the_customers_turns_are_searched(agent: str, customer: str) -> None:
    """Whatever program it is pasted from, with its times and names."""
    turns = [agent + HELLO, customer + "hi", customer + EATEN, agent + SORRY, customer + WHERE, agent + RESET]

    assert issue_of("\n".join(turns)) == f"{EATEN}\n{WHERE}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ana: ", "Luis: "),
        ("[10:02] Ana: ", "[10:03] Luis: "),
        ("[22/11/26, 10:02:33] Ana Pérez: ", "[22/11/26, 10:03:01] ~ Luis: "),
        ("Ana Pérez  10:02 AM\n", "Luis  10:03 AM\n"),
        ("ana.perez 10:02\n", "luis_r 10:03\n"),
    ],
)
def test_where_only_names_stand_all_but_the_names_is_searched(first: str, second: str) -> None:
    """Nobody can tell who is the customer."""
    chat = f"{first}what can I do for you\n{second}my card got eaten\n{first}did you reset your password"

    assert issue_of(chat) == "what can I do for you\nmy card got eaten\ndid you reset your password"


PASTES = {
    "three turns": (
        "[10:02] Agent: Hi\n[10:03] Customer: so my card got eaten by the atm\n[10:04] Agent: did you reset your password?",
        "so my card got eaten by the atm",
    ),
    "a chat that came out on one line": (
        "[10:02] Agent: Hi there [10:03] Customer: my card got eaten [10:04] Agent: did you reset your password?",
        "my card got eaten",
    ),
    "two lines": ("[10:02] Agent: Hi\n[10:03] Customer: card declined abroad", "card declined abroad"),
    "turns of several lines": (
        "Agent (10:02):\nHello Rosa,\n\nplease wait.\n"
        "Customer (10:05):\nmy transfer is missing\nsince Monday\n\nAgent (10:06):\nOk.",
        "my transfer is missing\nsince Monday",
    ),
    "what the chat program says": (
        "Chat started: 2026-11-22\n(10:02:01) *** Ana joined the chat ***\n(10:02:33) Ana: hello\n"
        "(10:03:00) Visitor: card lost in Rome\n"
        "(10:03:30) *** Visitor left the chat ***",
        "card lost in Rome",
    ),
    "a picture": (
        "[22/11/26, 10:02:33] Luis: ¿qué dice la pantalla?\n[22/11/26, 10:03:01] Rosa: image omitted\n"
        "[22/11/26, 10:03:09] Rosa: dice pago rechazado\n[22/11/26, 10:04:00] Luis: gracias, lo reviso",
        "¿qué dice la pantalla?\ndice pago rechazado\ngracias, lo reviso",
    ),
    "the customer only agrees": (
        "[10:02] Agent: So you were charged twice by Acme?\n[10:03] Customer: yes\n[10:04] Agent: And you want a refund?",
        "So you were charged twice by Acme?\nAnd you want a refund?",
    ),
    "the customer agrees at length": (
        "[10:02] Agent: So Acme charged you twice?\n[10:03] Customer: yes please, that is right",
        "So Acme charged you twice?",
    ),
    "the agent's note below": (
        "[10:02] Agent: Hello\n[10:03] Customer: my card does not work\n[10:04] Agent: One moment\n"
        "\nCustomer is in Canada, card is Visa",
        "my card does not work\nCustomer is in Canada, card is Visa",
    ),
    "the agent's note above": (
        "Needs a provisional credit?\nAgent: Hello\nCustomer: I was charged twice at Acme\nAgent: One moment",
        "Needs a provisional credit?\nI was charged twice at Acme",
    ),
    "thanks in the middle": (
        "[10:02] Customer: my card is lost\n[10:03] Agent: Locked.\n[10:04] Customer: thanks\n"
        "[10:05] Customer: and there are charges",
        "my card is lost\nand there are charges",
    ),
    "a mail on one line": (
        "Hi team, hope you are well. My card was eaten by the ATM at Main St yesterday. Thanks, Ana Pérez, Sent from my iPhone",
        "My card was eaten by the ATM at Main St yesterday.",
    ),
    "a Spanish mail on one line": (
        "Buenas tardes, equipo: espero que estén bien. El cajero se tragó mi tarjeta. ¿Qué hago? Saludos cordiales, Luis Gómez",
        "El cajero se tragó mi tarjeta. ¿Qué hago?",
    ),
    "a thread on one line": (
        "Hello, I still have no card. Where is it? Best regards, Ana > On Nov 2, 2026, Support wrote: > Your PIN is set.",
        "I still have no card. Where is it?",
    ),
    "courtesies before the issue on the same line": (
        "Ticket #1\nHello team, I hope you are well. My card was eaten.\n"
        "Thank you for your patience, it is urgent.\nThanks\nAna",
        "My card was eaten.\nit is urgent.",
    ),
    "a hope that is the issue": (
        "Hi team,\nI hope you can help me with a card that was eaten.\nEspero que me devuelvan el dinero\nThanks,\nAna",
        "I hope you can help me with a card that was eaten.\nEspero que me devuelvan el dinero",
    ),
    "a thread": (
        "Hi,\nthe refund never arrived.\nRegards\nAna\n"
        "On Tue, Nov 3, 2026 at 10:02 AM Support <s@example.com>\nwrote:\n> Reset your password",
        "the refund never arrived.",
    ),
    "a Spanish thread": (
        "Hola:\nsigo sin ver el reembolso.\n\n"
        "El mar, 3 nov 2026 a las 10:02, Soporte escribió:\n> Cambie su contraseña\n> Saludos",
        "sigo sin ver el reembolso.",
    ),
    "stars that the customer types": (
        "Visitor: ***URGENT*** card stolen in Rome\nAgent: hello\nVisitor: it was used twice already",
        "***URGENT*** card stolen in Rome\nit was used twice already",
    ),
    "a state behind courtesies on one line": (
        "Hello. I hope you are well. Status: blocked after fraud alert. How do I unblock it?",
        "Status: blocked after fraud alert. How do I unblock it?",
    ),
    "a role behind courtesies on one line": (
        "Thanks for calling, agent: cannot reset PIN. Why? What now?",
        "agent: cannot reset PIN. Why? What now?",
    ),
    "a mail below the question, all on one line": (
        "She called twice. On Monday the wire left. On Tue, Nov 3, 2026 at 10:02 Desk <s@example.com> wrote: Your PIN is set.",
        "She called twice. On Monday the wire left.",
    ),
    "a date in the agent's own line": (
        "Customer reported card theft.\nOn 3 Nov 2026 customer wrote:\nmy card was stolen in Rome",
        "Customer reported card theft.\nmy card was stolen in Rome",
    ),
    "a forwarded mail": (
        "Please help\n---------- Forwarded message ---------\nFrom: Ana <a@example.com>\nSubject: card\n\nmy card was stolen",
        "Please help\ncard\nmy card was stolen",
    ),
    "answers between what is quoted": (
        "See below.\nOn Tue, Nov 3, 2026, Support wrote:\n> Which card was it?\nThe debit card was stolen.\n> Where?\nIn Rome.",
        "See below.\nThe debit card was stolen.\nIn Rome.",
    ),
    "Outlook": (
        "From: Ana\nSent: Monday\nTo: Support\nSubject: Card eaten\n\n"
        "The ATM kept my card.\n\n-----Original Message-----\nReset your PIN.",
        "Card eaten\nThe ATM kept my card.",
    ),
    "fields of a ticket system": (
        "Ticket #4711\nAgent: Rosa\nCustomer: Luis Pérez\nPriority: high\nDescription: card declined in Ohio",
        "Luis Pérez\ncard declined in Ohio",
    ),
}


@pytest.mark.parametrize(("text", "issue"), PASTES.values(), ids=PASTES)
def test_what_says_nothing_of_the_issue_is_left_out(text: str, issue: str) -> None:
    """And in doubt a sentence is kept."""
    assert issue_of(text) == issue


@pytest.mark.parametrize(
    "text",
    [
        "charged at 10:02: what now?",
        "Customer was charged at 10:02: what now?",
        "10:02 charge from Acme: is it fraud?",
        "charged at 10:02: what now?\ncharged at 10:05: again\ncharged at 10:09: and again",
        "10:02 Acme 30 dollars\n10:05 Acme 30 dollars\n10:09 Acme 30 dollars",
        "Card: Visa\nPlace: Ohio\nAmount: 30 dollars",
        "Amount: 30\nMerchant: Acme\nAmount: 40\nMerchant: Best Buy",
        "Visa: declined in Ohio twice\nMastercard: works everywhere",
        "Customer: lost card",
        "Agent: how do I close an account?",
        "Agent cannot see the dispute. Customer is angry. What now?",
        "Zelle: limit per day?",
        "Reg E: 10 days or 45 days?",
        "error E4:02: card blocked",
        "Hi, card declined",
        "Hi team, card declined. What now?",
        "Thanks, but the card still does not work. It is a Visa. What now?",
        "Thanks, Visa, Mastercard and Amex all decline. What now? Is it the bank?",
        "Regards the transfer of Monday: it did not arrive. Where is it? Who knows?",
        "Best way to send money to Mexico? Is it free? How long?",
        "el cliente dice: no reconozco el cargo de las 10:02",
        "¿Cliente: qué tarjeta?",
        "On Monday she wrote: card lost. What now? Block it?",
        "Ayer el cliente escribió: no reconozco un cargo de 50 USD en mi tarjeta",
        "Necesito ayuda, el cliente nos escribió: no reconozco un cargo",
        "Customer on the chat just wrote: my card was stolen and I need a new one",
        "From: a customer, about a transfer abroad that was returned. Subject: R03",
        "Customer: ***** is what she sees instead of her balance",
        "cancel the wire of 22/11/26, 10:02\nit was a mistake\nthe receiver is unknown",
    ],
)
def test_a_question_that_is_no_ticket_stays_as_it_is(text: str) -> None:
    """Colons, times, names and thanks are words of questions too."""
    assert issue_of(text) == text
