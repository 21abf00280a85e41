"""The import order of the house, as one literal list; see docs/decisions/0001-the-house.md."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: each package may import only the packages named with it
PACKAGES = {
    "features": set(),
    "models": set(),
    "service": {"features", "models"},
    "training": {"features", "models", "service"},
}

#: inside `service`, each module may import only what stands left of it (modules in one group: each other never)
SERVICE = [
    "settings", "clock", "errors", "problems", "command", "logs", "sectors", "db", "events", "jobs", "access",
    "web", "audit", "feed", "records", "people", "messages", "feedback", "standards", "processes", "courses",
    "work", "qualification", "suggestions", "inspections", "difficulties", "retraining", "training_sessions",
    "reading", "issues", "answers", "duties", "trace", "indicators", "history", "exchange", "scoring", "fitting",
    "migrations", "backup", "health", "console", "app", "worker", "demo", "cli",
]

#: only these modules of `service` know of machine learning
ML_DOORS = {"history", "scoring"}

#: imported late, inside the function that needs them: they take seconds
HEAVY = {"mlflow", "lightgbm", "sklearn", "torch", "sentence_transformers", "duckdb", "ibis", "pandas", "features",
         "models", "scipy", "pyarrow", "pyspark", "dask", "distributed", "matplotlib", "optuna"}


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _imports(file: Path) -> list[tuple[str, bool]]:
    """Every absolute import of a file, and whether it stands at the top level."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide who imports whom"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found += [(name, id(node) in top or _type_checking_only(tree, node)) for name in names]
    return found


def _type_checking_only(tree: ast.Module, node: ast.AST) -> bool:
    return any(
        isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING" and node in block.body
        for block in tree.body
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_stands_below_them(package: str) -> None:
    for file in _files(package):
        for name, _ in _imports(file):
            top = name.split(".")[0]
            if top in PACKAGES and top != package:
                assert top in PACKAGES[package], f"{file}: {package} may not import {name}"


def test_modules_of_the_service_import_only_leftward() -> None:
    for file in _files("service"):
        importer = file.relative_to(ROOT / "service").parts[0].removesuffix(".py")
        if importer == "__init__":
            continue
        for name, _ in _imports(file):
            parts = name.split(".")
            if parts[0] != "service" or parts[1] == importer:
                continue
            assert SERVICE.index(parts[1]) < SERVICE.index(importer), f"{file}: {importer} may not import {name}"


def test_every_module_of_the_service_has_its_place_in_the_order() -> None:
    places = {path.name.removesuffix(".py") for path in (ROOT / "service").iterdir() if not path.name.startswith("_")}
    assert places <= set(SERVICE)


def test_only_heavy_libraries_are_imported_late() -> None:
    for package in PACKAGES:
        for file in _files(package):
            for name, top in _imports(file):
                heavy = name.split(".")[0] in HEAVY or name.startswith(("service.scoring", "service.history"))
                commands = file.name in {"cli.py", "worker.py"} or file.parent.name == "commands"
                assert top or heavy or commands, f"{file}: late import of {name}"


def test_only_the_two_doors_know_machine_learning() -> None:
    for file in _files("service"):
        place = file.relative_to(ROOT / "service").parts[0].removesuffix(".py")
        for name, _ in _imports(file):
            if name.split(".")[0] in {"features", "models"}:
                assert place in ML_DOORS, f"{file}: only {ML_DOORS} may import {name}"
