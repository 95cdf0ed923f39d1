"""Settings from the environment: read once, named with units, and typos are errors."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kb.problem import did_you_mean

PREFIX: Final = "KB_"


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
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        min(os.cpu_count() or 1, 8), description="Passages that are embedded side by side."
    )
    host: str = Field("127.0.0.1", description="Address to serve on. Without tokens only a loopback address is accepted.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8321, description="TCP port to serve on; 0 lets the system choose.")
    refresh_seconds: Annotated[float, Field(ge=0.1, le=3600)] = Field(
        1.0, description="Seconds between looks for a newly indexed snapshot while serving."
    )

    database: SecretStr | None = Field(
        None, description="Where events and tokens are kept, as a URL. Default: a SQLite file in the data folder."
    )

    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="Days that `kb audit retain` keeps events. Default: for ever."
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
    def default_database(self) -> Path:
        """The file that is used where no other database is named."""
        return self.data_dir / "fingerpost.sqlite"

    @property
    def models_folder(self) -> Path:
        """Where prepared models are kept."""
        return self.models_dir or self.data_dir / "models"


def read_settings(**overrides: object) -> Settings:
    """The settings of this process. `overrides` are what the command line says; None means it says nothing.

    Raises SettingsError for a name that is not known and for every value that does not fit.
    """
    names = {name for name in os.environ if name.upper().startswith(PREFIX)}
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    if unknown := sorted(name for name in names if name.upper() not in known):
        near = did_you_mean(unknown[0], known)
        raise SettingsError(f"{unknown[0]} is no setting.{near} `kb settings` lists them all. Correct or unset it.")
    said = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**said)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'.'.join(map(str, detail['loc'])).upper()} is {detail['input']!r}: {detail['msg']}."
            for detail in error.errors(include_url=False)
        ]
        raise SettingsError(" ".join([*lines, "Correct it, or unset it for its default."])) from None


def require_loopback(host: str) -> None:
    """Refuse every address that others could reach: there are no tokens yet, so everybody would be the demo reader."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SettingsError(
            f"KB_HOST is {host!r}: without tokens the service answers only on this machine. Use 127.0.0.1, ::1 or localhost."
        )
