"""The processes that are killed: a server, and a worker that delivers what is published. Run as modules."""

import sys
import time
from pathlib import Path
from uuid import UUID

import uvicorn
from sqlalchemy.orm import Session

from service import worker
from service.app import compose
from service.db.engine import app_engine
from service.events.delivering import Consumer
from service.events.publishing import Event


def serve(port: int) -> None:
    """The application as `retrace serve` serves it, without what stands beside it."""
    uvicorn.run(compose(app_engine()), host="127.0.0.1", port=port, log_level="error", lifespan="off")


def deliver(heard: Path) -> None:
    """The worker's relay, whose consumer writes down what it hears."""

    def consume(session: Session, event: Event, event_id: UUID) -> None:
        with heard.open("a", encoding="utf-8") as file:
            file.write(f"{event_id}\n")

    worker.CONSUMERS = {"torture": Consumer(frozenset({"departments.recorded"}), consume)}
    while True:
        worker.relay_once()
        worker._seal()
        time.sleep(0.05)


if __name__ == "__main__":
    what, given = sys.argv[1:]
    if what == "serve":
        serve(int(given))
    else:
        deliver(Path(given))
