"""The words that people put beside numbers, in English, Spanish and French, without accents: which words mean which label."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from itertools import chain
from typing import Final


class Label(Enum):
    """What a value is said to be."""

    CARD = auto()
    SECURITY_CODE = auto()
    CLABE = auto()
    ROUTING = auto()
    ACCOUNT_NUMBER = auto()  # says that a number follows; `account` alone may be followed by anything
    ACCOUNT = auto()
    SSN = auto()
    TAX = auto()
    SIN = auto()
    CURP = auto()
    RFC = auto()
    PASSPORT = auto()
    LICENCE = auto()
    PIN = auto()
    ONE_TIME_CODE = auto()
    PHONE = auto()
    WALLET = auto()
    TRACE = auto()  # numbers of carriers, networks and devices: never a secret
    REFERENCE = auto()  # tickets, orders, articles: a bare shape is not enough there
    OTHER = auto()  # amounts, dates, counts: the value is named, as something harmless


_PHRASES: Final[Mapping[Label, str]] = {
    Label.CARD: (
        "card|cards|card number|card no|card num|tarjeta|tarjetas|numero de tarjeta|visa|mastercard|amex"
        "|american express|discover|diners|pan|cc|ccn|credito|debito|carte|numero de carte|carte de credit|plastico"
    ),
    Label.SECURITY_CODE: (
        "cvv|cvc|cvv2|cvc2|csc|cvn|cav2|cid code|security code|security number|card verification"
        "|card verification value|card verification code|codigo de seguridad|codigo seguridad|cod de seguridad"
        "|clave de seguridad|code de securite|cryptogramme|cryptogramme visuel|code cvv|codigo cvv"
    ),
    Label.CLABE: "clabe|clabe interbancaria|cuenta clabe|clave interbancaria|clave bancaria estandarizada|spei",
    Label.ROUTING: (
        "routing|routing number|routing no|aba|aba number|aba routing|rtn|ruta|numero de ruta|numero de ruta bancaria"
        "|transit number|codigo de ruta|ruta bancaria|numero aba|routing and account|routing account"
    ),
    Label.ACCOUNT_NUMBER: (
        "account number|account no|account num|acct number|acct no|bank account|numero de cuenta|no de cuenta"
        "|cuenta bancaria|numero de compte|compte bancaire|beneficiary account|cuenta destino"
    ),
    Label.ACCOUNT: (
        "account|acct|checking account|savings account|checking|savings|cuenta|cuenta de cheques|cuenta de ahorros"
        "|cta|compte|a c|deposit account"
    ),
    Label.SSN: (
        "ssn|social security|social security number|social security no|social|soc|ss number|seguro social"
        "|numero de seguro social|no de seguro social|numero de seguridad social|seguridad social|securite sociale"
    ),
    Label.TAX: (
        "itin|tax id|taxpayer id|taxpayer identification|taxpayer identification number|tin|id fiscal|identificacion fiscal"
    ),
    Label.SIN: (
        "sin|sin number|social insurance|social insurance number|nas|numero d assurance sociale|assurance sociale"
        "|numero de seguro social canadiense"
    ),
    Label.CURP: "curp|clave unica",
    Label.RFC: "rfc|registro federal|registro federal de contribuyentes",
    Label.PASSPORT: ("passport|passport number|passport no|pasaporte|numero de pasaporte|passeport|numero de passeport"),
    Label.LICENCE: (
        "driver license|drivers license|driver s license|driver licence|drivers licence|driver s licence"
        "|driving licence|driving license|license number|licence number|license no|licence no|dl|dl number|licencia"
        "|licencia de conducir|licencia de manejo|licencia de manejar|licencia de conduccion|permis"
        "|permis de conduire|numero de licencia"
    ),
    Label.PIN: (
        "pin|pin number|pin code|nip|numero nip|codigo pin|nip de cajero|code pin|nip de la tarjeta|card pin|atm pin"
        "|clave|clave numerica|code secret"
    ),
    Label.ONE_TIME_CODE: (
        "otp|otp code|one time code|one time passcode|one time password|one time pin|passcode|verification code"
        "|verification pin|sms code|texted code|login code|2 fa|2 fa code|mfa code|two factor code|access code"
        "|authentication code|authenticator code|codigo de verificacion|codigo de acceso|codigo sms"
        "|codigo de un solo uso|codigo temporal|codigo otp|clave dinamica|clave temporal|code de verification"
        "|code a usage unique|code d acces|code sms|token sms"
    ),
    Label.PHONE: (
        "phone|phone number|telephone|tel|cell|cellphone|cell phone|mobile|call|call me|text|text me|whatsapp|contact"
        "|contact number|reach me|reached|callback|call back|my number|mi numero|fax|sms|dial|telefono"
        "|numero de telefono|celular|cel|movil|llamar|llamame|llame|llamarme|marcar|marqueme|contacto|telefonico"
        "|numero telefonico|telephone number|mon numero|portable|cellulaire|appeler|appelez|tel fijo|phonenumber"
    ),
    Label.WALLET: (
        "wallet|wallet address|address|eth|ethereum|ether|btc|bitcoin|crypto|usdc|usdt|solana|sol|xrp|ripple|tron|trx"
        "|litecoin|ltc|dogecoin|doge|billetera|monedero|cartera|direccion|direccion de billetera|direccion de retiro"
        "|adresse|portefeuille|metamask|withdrawal address|deposit address|send to|sent to|enviado a|sent it to"
        "|polygon|erc"
    ),
    Label.TRACE: (
        "trace|trace number|trace no|trace id|tracking|tracking number|tracking no|tracking id|rastreo"
        "|clave de rastreo|numero de rastreo|guia|numero de guia|suivi|numero de suivi|imei|iccid|imad|omad|arn"
        "|acquirer reference|acquirer reference number|fedex|ups|usps|dhl|estafeta|purolator|canada post|epoch"
        "|timestamp|unix time|uetr|rrn"
    ),
    Label.REFERENCE: (
        "ticket|ticket number|case|case number|case id|caso|order|order number|order no|order id|orden|pedido"
        "|numero de pedido|reference|reference number|ref|referencia|numero de referencia|confirmation"
        "|confirmation number|confirmation code|confirmacion|folio|invoice|factura|invoice number|article|articulo"
        "|transaction|transaction id|transaccion|id|session|request|request id|commit|build|batch|lote|version"
        "|dispute|claim|disputa|reclamo|incident|incidente|error|error code|codigo de error|return code|reason code"
        "|response code|model|serial|serial number|serie|sku|part|zip|zip code|codigo postal|postal|facture|dossier"
        "|commande|numero de dossier|uuid|hash|approval code|authorization code|auth code|codigo de autorizacion|mcc"
        "|bin|extension|ext|employee id|agent id|device|dispositivo"
    ),
    Label.OTHER: (
        "amount|amounts|monto|importe|total|balance|saldo|montant|solde|usd|mxn|cad|eur|dollars|dolares|pesos|price"
        "|precio|limit|limite|fee|comision|date|fecha|dated|since|desde|until|hasta|year|ano|posted|ending|ends"
        "|terminada|terminacion|termina|ending in|last|ultimos|cfr|section|seccion|page|form|formulario|article id"
        "|step|level|worth|paid|pago|sent|envio|transferred|deposited|withdrew|charged|cobro|score|rate"
    ),
}
LABELS: Final[Mapping[str, Label]] = {
    form: label
    for label, phrases in _PHRASES.items()
    for phrase in phrases.split("|")
    for form in (phrase, phrase.replace(" ", ""))
}


def phrases_of(label: Label) -> list[str]:
    """Every phrase that means the label."""
    return _PHRASES[label].split("|")


def last_words(*labels: Label) -> frozenset[bytes]:
    """The letters that each phrase of these labels ends with: a text without any of them names none of the labels.

    That is seen much sooner than its words are read.
    """
    forms = (form for phrase in chain.from_iterable(map(phrases_of, labels)) for form in (phrase, phrase.replace(" ", "")))
    return frozenset(re.findall("[a-z]+", form)[-1].encode() for form in forms)


BEGINS: Final = frozenset(phrase.split()[0] for phrase in LABELS)
ENDS: Final = frozenset(phrase.split()[-1] for phrase in LABELS)
LINKS: Final = frozenset(
    (
        "is are was be es son era fue est sont sera number numbers num numero numeros no nro n nr nos nbr of de del "
        "des du the la las le les el los my mi mis mes mon ma su sus his her their our your tu tus votre notre for "
        "para pour an un una une to and y e et o or this este esta ese esa that que it also tambien here aqui voici "
        "below value code codigo full s d l as como "
    ).split()
)
