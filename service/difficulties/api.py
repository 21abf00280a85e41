"""Routes: the records of difficulty reports."""

from fastapi import APIRouter

from service.difficulties.tables import DifficultyReport
from service.records.routes import record_routes

router = APIRouter(tags=["difficulties"])

for row in (DifficultyReport,):
    router.include_router(record_routes(row))
