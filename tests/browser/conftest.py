"""Debian's Chromium in front of a real server.

The server has a database of its own: what a browser does is committed, and the other tests count rows. Each test
decides on people and inspections of its own (see `tests/service/console/site.py`), so no test needs a fresh site.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, sync_playwright
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from service.app import compose
from service.db.postgres import ensure_running
from service.migrations import upgrade
from tests.service.console import site

SEARCH = {"connect_args": {"options": "-c timezone=UTC -c search_path=public,jobs -c retrace.scope=*"}}

#: what Chromium logs by itself for an answer of 4xx, which a refused form is
ANSWERED_WITH_4XX = "Failed to load resource: the server responded with a status of 4"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def site_engine() -> Iterator[Engine]:
    """A migrated database with a small site in it, for browsers only."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-browser-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    server = ensure_running(folder / "home")
    owner = create_engine(server.owner_url)
    upgrade(owner)
    owner.dispose()
    engine = create_engine(server.app_url, **SEARCH)
    with Session(engine) as session:
        site.found(session)
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def address(site_engine: Engine) -> Iterator[str]:
    """Where the console answers."""
    config = uvicorn.Config(compose(site_engine), port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync"]
        launched = playwright.chromium.launch(executable_path=_chromium(), args=arguments)
        yield launched
        launched.close()


def _chromium() -> str:
    """RETRACE_CHROMIUM, then the PATH, then Debian's package when root."""
    found = _found()
    if found is None:
        install = ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"]
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise pytest.UsageError(f"The browser tests need Chromium; run: sudo {' '.join(install)}")
        with (Path(tempfile.gettempdir()) / "retrace-chromium.lock").open("w") as lock:
            flock(lock, LOCK_EX)  # apt refuses a second worker of this run that asks while the first installs
            if _found() is None:
                subprocess.run(["apt-get", "update", "-qq"], check=True)
                subprocess.run(install, check=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        found = _found()
    if found is None:
        raise pytest.UsageError("Chromium was installed and is not on the PATH; name it in RETRACE_CHROMIUM")
    return found


def _found() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("RETRACE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def sessions(browser: Browser, address: str) -> Callable[[str], StorageState]:
    """The cookies of somebody signed in; each account signs in once per run."""

    @cache
    def of(login: str) -> StorageState:
        with browser.new_context(base_url=address) as context:
            sign_in(context.new_page(), login)
            return context.storage_state()

    return of


@pytest.fixture
def open_page(browser: Browser, address: str, sessions: Callable[[str], StorageState]) -> Iterator[Open]:
    """Opens an address as somebody signed in; afterwards no page may have logged an error or a CSP violation."""
    contexts, heard = [], []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(ANSWERED_WITH_4XX):
            heard.append(message.text)

    def opened(path: str, login: str | None = None, *, width: int = 1280, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=address, viewport={"width": width, "height": 800}, locale="en-GB", java_script_enabled=scripts,
            storage_state=sessions(login) if login else None,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", note)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []


def sign_in(page: Page, login: str, password: str = site.PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
