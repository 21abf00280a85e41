"""Routes: the records of standards."""

from fastapi import APIRouter

from service.records.routes import record_routes
from service.standards.tables import Clause, Standard, StandardVersion

router = APIRouter(tags=["standards"])

for row in (Standard, StandardVersion, Clause,):
    router.include_router(record_routes(row))
