"""Settings of the process, from the environment and `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_REPOSITORY = Path(__file__).parents[2]


class Environment(BaseSettings):
    """Read from `SOKUHO_…` variables, or from `.env` in the current folder."""

    model_config = SettingsConfigDict(
        env_prefix="SOKUHO_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    config_dir: Path = Field(
        default=_REPOSITORY / "config", description="where feeds.toml and the others are"
    )
    data_dir: Path = Field(default=Path("data"), description="where the database is kept")
    database_url: SecretStr | None = Field(default=None, description="default: SQLite in the data folder")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    poll_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=5, description="between two polls of a feed"
    )
    contact: str = Field(default="", description="an address for feed operators, sent in the User-Agent")

    @property
    def store_url(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'sokuho.db'}"


def read_environment() -> Environment | str:
    """The settings, or a sentence a line about what to mend. Values are not repeated: they may be secrets."""
    try:
        return Environment()
    except ValidationError as error:
        return "\n".join(
            f"SOKUHO_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
