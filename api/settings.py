"""Settings from the environment: read once, named with units, and typos are errors."""

import os
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from kb.problem import did_you_mean

PREFIX: Final = "KB_"
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)  # public keys only
_CLAIMS: Final = {"spaces", "tier", "role", "teams", "lang"}


class SettingsError(Exception):
    """The environment does not fit. The message names the variable, what was expected, and the cure."""


class Settings(BaseSettings):
    """Everything an operator can set. Each field is the environment variable `KB_` and its name in upper case."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    repo: str = Field(".", description="Repository of the articles: a path, a bundle, or an https or ssh URL.")
    ref: str | None = Field(None, description="Branch, tag or commit that is live. Default: the repository's default branch.")
    folder: str = Field(
        "articles",
        description="Folder of the articles inside the repository; empty for its root, which is the default with KB_TAXONOMY.",
    )
    taxonomy: Path | None = Field(
        None, description="A kb.yml outside the repository, for a repository that was not written for us."
    )
    config: Path | None = Field(
        None, description="A spaces.yml that names several repositories, instead of KB_REPO and its like."
    )
    data_dir: Path = Field(Path(".kb"), description="Where snapshots, clones, vectors and models are kept.")
    models_dir: Path | None = Field(None, description="Where prepared models are kept. Default: `models` in the data folder.")
    english_model: str = Field(
        "all-MiniLM-L6-v2", description="sentence-transformers name or path of the model for English over English."
    )
    multilingual_model: str = Field(
        "multilingual-e5-small", description="sentence-transformers name or path of the model for every other pair."
    )
    translator: Literal["apertium", "none"] = Field(
        "apertium", description="What turns Spanish questions into rough English: apertium (where it is installed) or none."
    )
    reranker: str | None = Field(
        None, description="Name or path of a cross-encoder that orders the first articles anew. Default: none does."
    )
    reranker_milliseconds: Annotated[float, Field(ge=0, le=60_000)] = Field(
        300.0, description="Milliseconds that it may take for one question; the order before stands if they are spent."
    )
    reranker_languages: str = Field("en", description="Languages that it reads, with commas between them.")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        min(os.cpu_count() or 1, 8), description="Passages that are embedded side by side."
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="Processes that answer; each more takes some 400 MB, and one core answers for it."
    )
    host: str = Field("127.0.0.1", description="Address to serve on. Without tokens only a loopback address is accepted.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8321, description="TCP port to serve on; 0 lets the system choose.")
    refresh_seconds: Annotated[float, Field(ge=0.1, le=3600)] = Field(
        1.0, description="Seconds between looks for a newly indexed snapshot while serving."
    )

    poll_seconds: Annotated[float, Field(ge=0, le=86_400)] | None = Field(
        None, description="Seconds between looks for a new commit; 0 waits for hooks. Default: 1 for a folder, 30 for a URL."
    )
    hook_secret: SecretStr | None = Field(
        None, description="Secret of POST /hooks/git/{space}; without one every hook is refused."
    )
    past_snapshots: Annotated[int, Field(ge=1, le=100)] = Field(
        4, description="Snapshots of other moments and of branches that stay in memory, of all spaces together."
    )
    snapshots_megabytes: Annotated[int, Field(ge=10)] = Field(
        2000,
        description="Megabytes of disk for all snapshots, an equal share for each space; the published ones stay in any case.",
    )

    database: SecretStr | None = Field(
        None, description="Where events and tokens are kept, as a URL. Default: a SQLite file in the data folder."
    )
    ticket_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="What the hashes of ticket ids are keyed with; the same for services that share a database. "
        "Default: a file in the data folder.",
    )

    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="Days that `kb audit retain` keeps events. Default: for ever."
    )
    auth: Literal["auto", "tokens"] = Field(
        "auto", description="auto: everybody is the demo reader until there is a token or a provider. tokens: never a demo."
    )
    oidc_issuer: str | None = Field(None, description="Issuer of OIDC bearer tokens, exactly as they state it.")
    oidc_audience: str | None = Field(None, description="Audience that OIDC bearer tokens must name.")
    oidc_jwks: str | None = Field(None, description="Public keys of the issuer: an https URL of its JWKS, or a file.")
    oidc_algorithms: str = Field("RS256,ES256", description="Signatures that are accepted, with commas between them.")
    oidc_claims: str = Field(
        "spaces=fp_spaces,tier=fp_tier,role=fp_role,teams=fp_teams,lang=locale",
        description="Where OIDC tokens say what; dots lead into nested claims.",
    )
    oidc_skew_seconds: Annotated[float, Field(ge=0, le=300)] = Field(
        60.0, description="Seconds by which the provider's clock and this one may differ."
    )
    private_hosts: str = Field("", description="Hosts that may be fetched from although they lead into a private network.")
    origins: str = Field("", description="Pages that may show the default space in a frame and call it; commas between them.")
    public_url: str | None = Field(
        None, description="Address by which people reach the service, for links in digests. Default: http:// its host and port."
    )
    smtp_host: str | None = Field(None, description="Server that takes the digests' e-mails; without one they wait.")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="Its TCP port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="starttls, tls from the beginning, or none.")
    smtp_user: str | None = Field(None, description="User of the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password of the mail server.")
    mail_from: str = Field("fingerpost@localhost", description="Address that e-mails are from.")
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        600, description="Most requests of one reader a minute, with tokens; the demo has no limit."
    )

    @model_validator(mode="before")
    @classmethod
    def _whole_repository(cls, said: dict[str, object]) -> dict[str, object]:
        """A kb.yml from outside speaks for the whole repository, unless a folder is named too."""
        return {"folder": "", **said} if said.get("taxonomy") else said

    @property
    def database_url(self) -> str:
        """Where events and tokens are kept; may hold a password."""
        return self.database.get_secret_value() if self.database else f"sqlite:///{self.default_database.absolute()}"

    @property
    def site(self) -> str:
        """The service's own address, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def default_database(self) -> Path:
        """The file that is used where no other database is named."""
        return self.data_dir / "fingerpost.sqlite"

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        """An issuer without an audience would take every token of that issuer, also those for other services."""
        said = {"oidc_issuer": self.oidc_issuer, "oidc_audience": self.oidc_audience, "oidc_jwks": self.oidc_jwks}
        missing = [f"{PREFIX}{name.upper()}" for name, value in said.items() if not value]
        if missing and len(missing) < len(said):
            raise ValueError(f"OIDC needs issuer, audience and keys; {' and '.join(missing)} is missing")
        if wrong := sorted(set(self.algorithms) - set(_ALGORITHMS)):
            raise ValueError(f"KB_OIDC_ALGORITHMS names {wrong[0]!r}; expected some of {', '.join(_ALGORITHMS)}")
        if set(self.claims) != _CLAIMS:
            raise ValueError(f"KB_OIDC_CLAIMS is {self.oidc_claims!r}; expected name=claim for {', '.join(sorted(_CLAIMS))}")
        return self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Signatures that are accepted of a provider."""
        return _listed(self.oidc_algorithms)

    @property
    def claims(self) -> dict[str, str]:
        """Our name → the provider's claim."""
        pairs = (entry.partition("=") for entry in _listed(self.oidc_claims))
        return {name.strip(): claim.strip() for name, _, claim in pairs if claim.strip()}

    @property
    def own_origins(self) -> tuple[str, ...]:
        """Pages that may show the default space in a frame and call it."""
        return _listed(self.origins)

    @property
    def reranked_languages(self) -> frozenset[str]:
        """Languages that the reranker reads."""
        return frozenset(_listed(self.reranker_languages))

    @property
    def named_hosts(self) -> tuple[str, ...]:
        """Hosts that may lead into a private network."""
        return _listed(self.private_hosts)

    @property
    def models_folder(self) -> Path:
        """Where prepared models are kept."""
        return self.models_dir or self.data_dir / "models"


# Those whose value is never shown; each may stand in a file that KB_…_FILE names.
SECRETS: Final = tuple(name for name, entry in Settings.model_fields.items() if "SecretStr" in str(entry.annotation))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_settings(**overrides: object) -> Settings:
    """The settings of this process. `overrides` are what the command line says; None means it says nothing.

    Raises SettingsError for a name that is not known and for every value that does not fit.
    """
    names = {name for name in os.environ if name.upper().startswith(PREFIX)}
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    if unknown := sorted(name for name in names if name.upper() not in known):
        near = did_you_mean(unknown[0], known)
        raise SettingsError(f"{unknown[0]} is no setting.{near} `kb settings` lists them all. Correct or unset it.")
    said = {**_from_files(names), **{name: value for name, value in overrides.items() if value is not None}}
    try:
        return Settings(**said)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = [_unfit(detail) for detail in error.errors(include_url=False)]
        raise SettingsError(" ".join([*lines, "Correct it, or unset it for its default."])) from None


def _unfit(detail: ErrorDetails) -> str:
    """One value that does not fit. What concerns several settings has no value of its own, and a secret is never shown."""
    message = detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return f"{message}."
    name = str(detail["loc"][0])
    shown = "not shown" if name in SECRETS else repr(detail["input"])
    return f"{PREFIX}{'.'.join(map(str, detail['loc'])).upper()} is {shown}: {message}."


def _from_files(names: Collection[str]) -> dict[str, str]:
    """The secrets that stand in files: `KB_…_FILE` names one. Raises SettingsError, which never shows what is in it."""
    found = {}
    for name in SECRETS:
        variable = f"{PREFIX}{name.upper()}"
        if f"{variable}_FILE" not in names:
            continue
        if variable in names:
            raise SettingsError(f"{variable} and {variable}_FILE are both set. Unset one of them.")
        path = Path(os.environ[f"{variable}_FILE"])
        try:
            found[name] = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise SettingsError(
                f"{variable}_FILE is {path}: it cannot be read: {reason}. Correct the path or its rights."
            ) from None
    return found


def require_loopback(host: str) -> None:
    """Refuse every address that others could reach: without tokens everybody would be the demo reader."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SettingsError(
            f"KB_HOST is {host!r}: without tokens the service answers only on this machine. Use 127.0.0.1, ::1 or localhost."
        )
