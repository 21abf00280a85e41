"""The schema's history (alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def config(engine: Engine) -> Config:
    """Alembic's configuration for one engine."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["engine"] = engine
    return made


def revisions(engine: Engine) -> list[str]:
    """Every revision this code knows, the newest first."""
    return [one.revision for one in ScriptDirectory.from_config(config(engine)).walk_revisions()]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision. `engine` connects as the owner."""
    command.upgrade(config(engine), revision)
