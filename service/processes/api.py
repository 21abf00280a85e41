"""Routes: the records of processes."""

from fastapi import APIRouter

from service.processes.tables import Process, ProcessVersion
from service.records.routes import record_routes

router = APIRouter(tags=["processes"])

for row in (Process, ProcessVersion,):
    router.include_router(record_routes(row))
