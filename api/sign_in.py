"""How a person who follows a link signs in: the browser asks for the token, and a page behind its question says what to do."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from api.admission import by_link
from api.digests.pages import POLICY, plain_page

SIGN_IN: Final = 'Basic realm="Fingerpost: any name, and your token as the password", charset="UTF-8"'

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "Sign in to read this",
        "Your browser asks for a name and a password. Any name will do; the password is your token, which begins with fp_.",
        "No token? In the sidebar beside your tickets you are signed in already, and what changed waits there. "
        "For a token of your own, ask your lead.",
        "Try again",
    ),
    "es": (
        "Inicie sesión para leer esto",
        "El navegador pide un nombre y una contraseña. El nombre puede ser cualquiera; la contraseña es su token, "
        "que empieza por fp_.",
        "¿No tiene token? En la barra lateral junto a sus tickets ya inició sesión, y ahí está lo que cambió. "
        "Para tener un token propio, pídalo a su líder.",
        "Intentar de nuevo",
    ),
    "fr": (
        "Connectez-vous pour lire ceci",
        "Le navigateur demande un nom et un mot de passe. Le nom est libre ; le mot de passe est votre jeton, "
        "qui commence par fp_.",
        "Pas de jeton ? Dans la barre latérale à côté de vos tickets, vous êtes déjà connecté, et ce qui a changé y attend. "
        "Pour un jeton personnel, demandez à votre responsable.",
        "Réessayer",
    ),
}


def asks_by_browser(request: Request) -> bool:
    """Whether a person or a feed reader followed a link, so that asking for a password helps; no script or frame is asked."""
    given = request.headers.get("authorization", "basic").lower()
    as_page = request.headers.get("sec-fetch-dest", "document") == "document"  # a frame would ask in another page's name
    navigates = request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    return by_link(request) and given.startswith("basic") and navigates and as_page


def sign_in_page(request: Request, headers: Mapping[str, str]) -> Response | None:
    """What stands behind the browser's question; None for a program that reads no HTML."""
    if "text/html" not in request.headers.get("accept", ""):
        return None
    asked = [part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    lang = next((it for it in asked if it in _WORDS), "en")
    title, how, otherwise, again = _WORDS[lang]
    address = "?".join(filter(None, (request.url.path, request.url.query)))
    body = f'<p>{escape(how)}</p>\n<p>{escape(otherwise)}</p>\n<p><a href="{escape(address)}">{escape(again)}</a></p>'
    policy = {"Content-Security-Policy": POLICY.format(forms="'none'"), "Vary": "Accept-Language"}
    return HTMLResponse(plain_page(title, lang, body), HTTPStatus.UNAUTHORIZED, {**policy, **headers})
