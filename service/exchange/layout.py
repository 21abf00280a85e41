"""Every table of the folder format, in an order in which what is pointed at stands before what points at it."""

from service.courses.tables import Course, CourseCover, Requirement, Survey, TrainingRecord
from service.db.base import FolderRow
from service.difficulties.tables import DifficultyReport
from service.inspections.tables import Finding, Inspection
from service.issues.tables import Issue
from service.people.tables import Assignment, Credential, Department, Employee, Post, Shift
from service.processes.tables import Process, ProcessVersion
from service.records.folder import FolderTable, in_order
from service.standards.tables import Clause, Standard, StandardVersion
from service.work.tables import Batch, BatchInput, WorkParticipant, WorkRecord

_ROWS: tuple[type[FolderRow], ...] = (
    Department, Post, Employee, Credential, Assignment,
    Standard, StandardVersion, Clause, Process, ProcessVersion,
    Course, CourseCover, Requirement,
    DifficultyReport, TrainingRecord, Batch, BatchInput, WorkRecord, WorkParticipant,
    Inspection, Finding, Issue, Shift, Survey,
)

FOLDER: dict[str, FolderTable] = in_order(_ROWS)
