"""The registry of site attributes: which keys each table's rows carry, in the order they first came."""

from sqlalchemy import Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base


class AttributeKey(Base):
    """A site attribute that some row of a table has."""

    __tablename__ = "attribute_keys"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    table: Mapped[str]
    key: Mapped[str]

    __table_args__ = (UniqueConstraint("table", "key"),)
