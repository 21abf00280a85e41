"""Routes: the records of batches and work."""

from fastapi import APIRouter

from service.records.routes import record_routes
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

router = APIRouter(tags=["work"])

for row in (Batch, BatchInput, WorkRecord, WorkParticipant,):
    router.include_router(record_routes(row))
