"""Wire shapes of signing in."""

from pydantic import BaseModel, Field


class SignIn(BaseModel):
    """Who one is, and the proof."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=200)


class TokenGiven(BaseModel):
    """A bearer token; shown once."""

    token: str


class Me(BaseModel):
    """The account that asks."""

    login: str
    name: str
    role: str
    locale: str | None
    employee_code: str | None
