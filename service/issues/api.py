"""Routes: the records of issues."""

from fastapi import APIRouter

from service.issues.tables import Issue
from service.records.routes import record_routes

router = APIRouter(tags=["issues"])

for row in (Issue,):
    router.include_router(record_routes(row))
