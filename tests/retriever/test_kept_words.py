"""What agents ask on one line or a few, with colons, names, times and quotes: no word of the issue is lost."""

import re

import pytest

from retriever.ticket import issue_of


@pytest.mark.parametrize(
    "text",
    [
        "Customer is angry. On Nov 3, 2026 she wrote: my card was stolen. Refund it?",
        "El cliente está molesto. El 3 de noviembre de 2026 escribió: me robaron la tarjeta. ¿Qué hago?",
        "Le client est fâché, le 3/11/2026 il a écrit : ma carte est bloquée",
        'La titular dijo: "me cobraron dos veces en Oxxo el 12/10 a las 18:40"',
        'She says: "the ATM at 5th Ave gave me $60 instead of $100" - whose fault?',
        "Luis (Mérida) says: Zelle limit 500, but app shows 300. Why?",
        "10:02 Ana called: card blocked; 10:15 she called again: still blocked",
        "1) card lost 2) new card not arrived 3) address wrong. What first?",
        "- card lost in Rome - PIN known to the thief - 3 charges of 40 EUR",
        'Error "R03: no account" on ACH return, what do I tell her?',
        "Note: customer is 17. Can she get a card? Parent: agrees",
        "Para: cuenta de ahorro. De: cuenta corriente. ¿Por qué rechaza?",
        "To: savings, from: checking, date: 11/22. Transfer pending, why?",
        "Phone: stolen. Card: in the phone case. Block both?",
        "Estado: bloqueada por fraude. ¿Cómo se desbloquea? ¿Quién autoriza?",
        "Money was sent from my phone to Luis Gómez. He has nothing. Where is it?",
        "El dinero fue enviado desde mi cuenta. No llegó. ¿Qué hago?",
        "Hola perdí mi tarjeta. Estoy en Roma. ¿Qué hago?",
        "I hope the refund is good by Friday. Is it? It was 40 dollars.",
        "Espero que la transferencia a México llegue bien. ¿Cuánto tarda? ¿Es gratis?",
        "Thanks for contacting the merchant about the refund. It never came. What now?",
        "Gracias por llamar al comercio por el reembolso. No llegó. ¿Qué sigue?",
        "Regards to the wire: it was recalled. By whom? Why?",
        "Do not reply to the customer until fraud confirms? Is that right? Reg E?",
        "Bonjour j'ai perdu ma carte. Je suis à Paris. Que faire ?",
        "Le client dit : « je n'ai pas fait ce virement de 200 € »",
        'Ticket 4711: customer wrote that PIN "does not work" since 9:30. Reset it?',
        "Subject: card declined. Body: it happens at every gas station. Why?",
        "Re: dispute 8831, merchant says: goods delivered. Next step?",
        "On the phone she wrote: nothing down. On 3/11 she paid twice. Refund?",
        'Asunto: cargo no reconocido de Spotify; el cliente dice: "nunca lo contraté"',
        "Ana wrote: card lost\nLuis wrote: PIN forgotten",
        'Customer says:\n"my card was stolen"',
        'Por favor, ayuda: la clienta escribió: "me robaron". ¿Reposición urgente?',
        "Hi, customer here lost her card. She is in Rome. What now?",
        "Best, Buy refund missing. Which form? Who signs?",
        "Saludos, Banorte rechaza la transferencia. ¿Por qué? ¿Qué hago?",
        "Merci, Visa refuse le paiement. Pourquoi ? Que faire ?",
        "Sent from my Samsung wallet. Never arrived. Why?",
        "Sent from my iPhone the transfer failed. Why? Again?",
        "Customer forwarded a mail. On 11/3/26 Acme wrote: refund done. Is it?",
    ],
)
def test_a_question_with_the_marks_of_a_mail_stays_as_it_is(text: str) -> None:
    """ "She wrote:", "Status:" and "Thanks" are words of questions too."""
    assert issue_of(text) == text


# Greetings, thanks, and who speaks in a chat.
SMALL = frozenset(
    "agent agente customer visitor cliente issue asunto hello there ana one moment please un momento "
    "thanks thank you regards merci q a _____".split()
)


@pytest.mark.parametrize(
    "text",
    [
        "Customer has a Visa debit.\nOn Monday she wrote: my card was stolen in Rome\nWhat do we do?",
        "Customer has a Visa debit.\nOn 3 Nov 2026 she wrote: my card was stolen in Rome\nWhat do we do?",
        "Hola perdí mi tarjeta\nen el cajero de Roma\n¿qué hago?",
        "Hi my card was stolen\nin Rome yesterday\nand used twice",
        "Hello, PIN forgotten\nATM ate the card\nnow what",
        "From: Chase checking\nTo: Wells Fargo savings\nAmount: 500\nTransfer missing since Monday",
        "De: cuenta corriente\nPara: ahorro en Banorte\nMonto: 500\nno llegó",
        "Status: blocked after fraud alert\nAgent: cannot reset PIN\nHow do I unblock it?",
        "Estado: bloqueada por fraude\nTeléfono: perdido\n¿cómo se desbloquea?",
        "Card: Visa\nStatus: Blocked\nPhone: stolen\nPriority: refund first",
        "Customer disputes a charge.\nWith regards to the refund: Acme refuses\nReg E applies?",
        "Customer says:\n> my card was stolen\n> it was used in Rome\nWhat do I do?",
        "card lost\nthanks\nalso there are three charges in Rome",
        "My card was eaten.\nThanks,\nAna\nP.S. the ATM also kept 200 dollars",
        "Wire recalled\n-----\nreceiver is unknown\nwho pays the fee?",
        "Wire recalled\n_____\nreceiver is unknown\nwho pays the fee?",
        "El dinero fue\nenviado desde mi cuenta a Banorte\ny no llegó",
        "the money was\nsent from my phone app\nand did not arrive",
        "I hope my money is safe\nbank was hacked\nwhat now",
        "Espero que mi dinero esté bien protegido\nhackearon mi cuenta\n¿qué hago?",
        "- card lost\n- PIN written on it: 1234\n- charges: 40 at Acme, 30 at Oxxo",
        "1. verify identity: how?\n2. close account: who?\n3. refund fee: when?",
        "Q: limit per day?\nA: 500 or 300?\nQ: and for Zelle?",
        "Bonjour ma carte est perdue\nà Montréal\nque faire",
        "Le client a écrit :\nma carte est bloquée\ndepuis lundi",
        "Asesor: cliente molesto\nCaso: tarjeta clonada\nCanal: cajero de Oxxo",
        "Chat ended before she got her PIN\nVisitor: I need my PIN\nAgent: one moment please\nVisitor: hello?",
        "Los mensajes y las llamadas no llegan\nCliente: no recibo el código\nAgente: un momento\nCliente: sigue sin llegar",
        "Visitor: I need a card\n*** URGENT, flying tomorrow ***\nAgent: hello there Ana\nVisitor: to Rome",
        "Created: by mistake a second account\nUpdated: address wrong\nhow to close it",
        "Ana dijo: perdí la tarjeta\nLuis dijo: también el PIN\n¿bloqueo ambas?",
        "Issue: double charge\nMerchant: Best Buy\nCorreo: no recibe el código",
        "Thanks for calling Visa about the chargeback\nthey refused\nwhat now?",
        "do not reply to calls from +52 55 1234\ncustomer asks if it is fraud\nis it us?",
        "Gracias a Ana por bloquear la tarjeta\nfalta el reembolso\n¿cuándo llega?",
        "Card stolen on 3 Nov 2026, police report 8831\nfirst charge 10:02, second 10:05\nProvisional credit?",
        "Saludos: pide aumento de límite\nTarjeta: crédito oro\n¿requisitos?",
        "Customer: ***** is what she sees instead of her balance\nAgent: hello there\nCustomer: since Monday",
        "Asunto: transferencia\nDe: ahorro\nPara: Luis\nno llegó",
        "Case #123 stolen card in Rome\nwhat first?\nblock?",
        "Telefono: +52 55 robado\nbloquear?\ncómo?",
        "Correo: Hackeado\nClave: cambiada\n¿bloquear?",
        "Nombre: Equivocado\nen la tarjeta\n¿reponer?",
        "Card used in Rome\nRegards\nfreeze or close?",
        "Card used in Rome\ncheers, customer wants a refund\nby Friday",
        "Card used in Rome\nThank you.\nCard is Visa",
        "Merci\nma carte est perdue\nà Paris",
        "Visitor: see picture\nAgent: hello\nVisitor: image omitted from statement",
        "Dear customer was charged twice,\nwhat to say?\nReg E?",
    ],
)
def test_of_a_few_lines_every_word_of_the_issue_is_kept(text: str) -> None:
    """Noise that is searched costs less than a word that is not."""
    assert _words(text) - _words(issue_of(text)) <= SMALL


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
