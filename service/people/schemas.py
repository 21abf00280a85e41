"""Wire shapes of signing in and of accounts."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.records.wiretypes import Code, Text

_CLOSED = ConfigDict(extra="forbid")

Login = Annotated[Text, Field(max_length=200)]
Password = Annotated[Text, Field(max_length=200)]
Role = Literal["operations", "quality", "people", "data", "employee", "admin"]
Language = Literal["en", "zh"]


class SignIn(BaseModel):
    """Who one is, and the proof."""

    model_config = _CLOSED

    login: Login
    password: Password


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
    must_change_password: bool


class Passwords(BaseModel):
    """The password one has, and the one to have."""

    model_config = _CLOSED

    old: Password
    new: Password


class PasswordGiven(BaseModel):
    """A one-time password; shown once."""

    password: str


class TokenRead(BaseModel):
    """A token or a console session; never its secret."""

    id: int
    purpose: Literal["api", "console"]
    created_at: AwareDatetime
    expires_at: AwareDatetime


class TokenPage(BaseModel):
    """A page of tokens."""

    items: list[TokenRead]
    next: str | None = None


class AccountGiven(BaseModel):
    """An account to make."""

    model_config = _CLOSED

    login: Login
    name: Annotated[Text, Field(max_length=200)]
    role: Role
    departments: list[Code] | None = Field(
        max_length=1000, description="The departments it is for, with all below them; null: the whole site"
    )
    employee_code: Code | None = None
    locale: Language | None = None


class AccountChanges(BaseModel):
    """What is to be changed of an account; what is left out stays."""

    model_config = _CLOSED

    name: Annotated[Text, Field(max_length=200)] | None = None
    role: Role | None = None
    locale: Language | None = None
    departments: list[Code] | None = Field(None, max_length=1000, description="null: the whole site")
    disabled: bool | None = None


class AccountRead(BaseModel):
    """An account."""

    login: str
    name: str
    role: Role
    locale: str | None
    employee_code: str | None
    departments: list[str] | None = Field(description="null: the whole site")
    disabled: bool
    must_change_password: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class AccountPage(BaseModel):
    """A page of accounts."""

    items: list[AccountRead]
    next: str | None = None
