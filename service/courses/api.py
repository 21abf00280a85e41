"""Routes: the records of courses, requirements, training records and surveys."""

from fastapi import APIRouter

from service.courses.tables import Course, CourseCover, Requirement, Survey, TrainingRecord
from service.records.routes import record_routes

router = APIRouter(tags=["courses"])

for row in (Course, CourseCover, Requirement, TrainingRecord, Survey,):
    router.include_router(record_routes(row))
