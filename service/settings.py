"""Every setting, read once from the environment."""

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a site may set. Each field is the environment variable of the same name, in capitals."""

    model_config = SettingsConfigDict(env_prefix="RETRACE_", frozen=True, extra="ignore")

    home: Path = Field(Path(".retrace"), description="The folder that holds all state")
    port: int = Field(8000, ge=1, le=65535, description="Where the console and the API are served, on loopback")
    mlflow_port: int = Field(5000, ge=1, le=65535, description="Where MLflow's own pages are served, on loopback")
    timezone: str = Field("Asia/Shanghai", description="The site's time zone: a bare date is that day's start there")
    locale: str = Field("en", pattern="^(en|zh)$", description="The language of people who chose none")
    sector: str = Field(
        "factory", pattern="^[a-z][a-z0-9_-]{0,39}$",
        description="The kind of site, by whose words it speaks: factory, hospital, hotel, or a file of your own",
    )
    checkpoints: Path | None = Field(
        None, description="Where the audit trail's checkpoints are kept; best on a disk the database is not on"
    )
    grace_days: int = Field(
        30, ge=0, le=365, description="How long training on a standard's last version still counts after a new one"
    )
    refit_days: int = Field(
        30, ge=0, le=3650, description="After how many days a model is fitted anew, as a challenger; 0: never by itself"
    )
    inspection_reserve: float = Field(
        0.1, ge=0, le=1, description="The share of inspections kept for what is drawn by lot; 0: none"
    )
    max_import_bytes: int = Field(2**30, gt=0, description="The largest CSV or workbook an import reads")
    max_body_bytes: int = Field(8 * 2**20, gt=0, description="The largest request body the server takes")
    log: Literal["file", "stdout"] = Field("file", description="Where log lines go: a file in the home, or stdout")
    public_url: str | None = Field(None, description="Where browsers reach the console; empty: http://127.0.0.1:PORT")
    oidc_issuer: str | None = Field(None, description="The sign-in provider (OpenID Connect); empty: passwords only")
    oidc_client_id: str = Field("retrace", description="What the provider calls this site")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="The secret shared with the provider")
    oidc_claim: str = Field("preferred_username", description="What of a sign-in is the login, the first time")
    smtp_url: SecretStr | None = Field(
        None, description="The mail server, smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS; empty: no e-mail"
    )
    mail_from: str = Field("Retrace <retrace@localhost>", description="Who e-mails come from")
    chat_urls: SecretStr = Field(
        SecretStr(""), description="Chats told what whole roles are told: Apprise addresses with spaces between"
    )
    webhook_private: bool = Field(False, description="Whether webhooks may point into the site's own network")
    text_model: str | None = Field(
        None, description="Another model to match texts by, a folder or a name on a model hub; empty: the site's own"
    )
    engine: str = Field(
        "duckdb", pattern=r"^(duckdb|spark://local|spark://[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*)$",
        description="What computes the nightly run's features: duckdb, or spark://HOST:PORT",
    )
    dask: str | None = Field(
        None, pattern=r"^(tcp|tls)://\S+:\d{1,5}$",
        description="The Dask scheduler that models are fitted by, tcp://HOST:PORT; empty: this machine",
    )
    database_url: str | None = Field(
        None, validation_alias="DATABASE_URL", description="PostgreSQL to serve from; empty: Retrace starts its own"
    )
    database_owner_url: str | None = Field(
        None, validation_alias="DATABASE_OWNER_URL", description="PostgreSQL to migrate with; empty: DATABASE_URL"
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Paris") from error
        return name

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or not url.get_secret_value():
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.port == 0:
            raise ValueError("is not a mail server's address such as smtp://mail.example.com:587")
        return url

    @property
    def chats(self) -> list[str]:
        """The site's own chats, as Apprise addresses."""
        return self.chat_urls.get_secret_value().split()

    @property
    def base_url(self) -> str:
        """Where browsers reach the console."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)


@cache
def settings() -> Settings:
    """The process's settings. Raises pydantic's ValidationError naming the variable that is wrong."""
    return Settings()
