"""Which kind of credentials a request carries, and who recognises them. What none recognises is refused."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.database import Database
from api.own_key import own_key
from api.reader import (
    LOOPBACK,
    Credentials,
    DemoReaders,
    NotAuthenticatedError,
    Reader,
    Readers,
    SessionOpened,
    SessionWanted,
)
from api.session import Sessions
from api.settings import Settings
from api.token import PREFIX, SESSION_PREFIX
from api.token_readers import TokenReaders
from api.token_table import all_tokens

if TYPE_CHECKING:
    from api.oidc import OidcReaders


@dataclass(frozen=True, slots=True)
class CheckedReaders:
    """Readers by API token, by session, and by an identity provider if there is one."""

    tokens: TokenReaders
    sessions: Sessions
    oidc: "OidcReaders | None" = None

    @property
    def loopback_only(self) -> bool:
        """Whoever comes has to show who it is, from wherever it comes."""
        return False

    def recognise(self, credentials: Credentials) -> Reader:
        """The reader. Raises NotAuthenticatedError, or StoreError and KeysError where nobody can tell."""
        text = credentials.bearer
        if text is None:
            raise NotAuthenticatedError("A token is needed: `Authorization: Bearer TOKEN`. `kb token create` makes one.")
        if text.startswith(SESSION_PREFIX):
            return self.sessions.recognise(text, credentials)
        if text.startswith(PREFIX) or self.oidc is None:
            return self.tokens.recognise(text)
        return self.oidc.recognise(text)

    def open_session(self, wanted: SessionWanted, reader: Reader) -> SessionOpened | None:
        """A session for one agent. Raises NotGrantedError or RequestError."""
        return self.sessions.open(wanted, reader)


def open_readers(settings: Settings, spaces: Collection[str], database: Database, *, demo: bool | None = None) -> Readers:
    """Whom requests are taken for: the demo reader until a token was ever made, a provider is named, or KB_AUTH says tokens.

    demo: what another process of the service has found; None: nothing yet. Raises StoreError or SettingsError.
    """
    if demo is None:
        demo = settings.auth == "auto" and settings.oidc_issuer is None and not all_tokens(database)
    if demo:
        return DemoReaders(replace(LOOPBACK, spaces=frozenset(spaces)))
    tokens = TokenReaders(database, spaces)
    sessions = Sessions(own_key(settings.data_dir / "session.key"), tokens.parent)
    return CheckedReaders(tokens, sessions, _oidc(settings, spaces))


def _oidc(settings: Settings, spaces: Collection[str]) -> "OidcReaders | None":
    if settings.oidc_issuer is None or settings.oidc_audience is None or settings.oidc_jwks is None:
        return None
    from api.oidc import KeySet, OidcReaders, Provider  # cryptography, which a service without a provider need not load

    provider = Provider(
        settings.oidc_issuer, settings.oidc_audience, settings.algorithms, settings.claims, settings.oidc_skew_seconds
    )
    return OidcReaders(provider, KeySet(settings.oidc_jwks, settings.named_hosts), spaces)
