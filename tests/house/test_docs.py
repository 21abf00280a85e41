"""Docs that are true: every command, setting, table and link they should have is there, and nothing else."""

import re
from pathlib import Path

import pytest
import typer

from service.cli import app as retrace
from service.exchange.layout import FOLDER
from service.indicators.catalogue import INDICATORS, SIGNALS, Indicator
from service.records.folder import FolderColumn
from service.settings import Settings
from training.cli import app as retrace_train

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CHINESE = "\u4e00-\u9fff"


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _commands(app: typer.Typer) -> set[str]:
    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


@pytest.mark.parametrize("file", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), f"{file.name} links to {target}"


def test_every_setting_is_explained_and_no_other() -> None:
    names = {field.validation_alias or f"RETRACE_{name.upper()}" for name, field in Settings.model_fields.items()}
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", _text("docs/operations.md"), re.M)) == names


@pytest.mark.parametrize(
    ("app", "name", "page"),
    [(retrace, "retrace", "docs/operations.md"), (retrace_train, "retrace-train", "docs/data-team.md")],
)
def test_every_command_is_explained_and_no_other(app: typer.Typer, name: str, page: str) -> None:
    told = set(re.findall(rf"(?:^|`){name} ([a-z]+(?:-[a-z]+)*)", _text(page), re.M))
    assert told == _commands(app)


def test_every_make_target_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", _text("Makefile"), re.M))
    for page in ("README.md", "README.zh-CN.md"):
        assert set(re.findall(r"^make ([a-z]+)", _text(page), re.M)) == {"run", "test"} <= targets


def test_every_table_and_column_of_the_folder_format_is_listed() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", _text("docs/folders.md"), re.M))
    assert rows == {name: ", ".join(_written(column) for column in table.columns) for name, table in FOLDER.items()}


def _written(column: FolderColumn) -> str:
    told = column.name + ("" if column.required else "?")
    return f"{told} ({', '.join(column.choices)})" if column.choices else told


def _said_to_users() -> list[Path]:
    folders = ("features", "service", "docs")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".po", ".svg"}]
    return [*found, ROOT / "README.zh-CN.md"]


def test_chinese_uses_chinese_punctuation() -> None:
    for file in _said_to_users():
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            assert not re.search(f"[{CHINESE}][,;?!]|[,;?!][{CHINESE}]", line), f"{file}:{number}: {line.strip()}"


def test_every_indicator_and_signal_is_explained_as_the_catalogue_says() -> None:
    text = _text("docs/indicators.md")
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.M))
    assert told == {code: _counted(each) for code, each in INDICATORS.items()}


def _counted(each: Indicator) -> str:
    if each.code in SIGNALS:
        return each.said("definition").en
    beside = ", ".join(f"`{signal}`" for signal in each.signals)
    return f"{each.said('numerator').en} | {each.said('denominator').en} | {each.better} | {beside}"
