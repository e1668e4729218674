"""Platform: resources, jobs, idempotency keys and signed webhooks."""

from flexsdk.platforms.platform.client import Platform
from flexsdk.platforms.platform.jobs import Job, JobError, Jobs
from flexsdk.platforms.platform.resources import (
    Created,
    JobAccepted,
    Resource,
    ResourceCreate,
    Resources,
    ResourceUpdate,
)
from flexsdk.platforms.platform.webhooks import SIGNATURE_HEADER, Event, ReplayGuard, receive

__all__ = [
    "Platform",
    "Created",
    "Event",
    "Job",
    "JobAccepted",
    "JobError",
    "Jobs",
    "Resource",
    "ResourceCreate",
    "ReplayGuard",
    "ResourceUpdate",
    "Resources",
    "SIGNATURE_HEADER",
    "receive",
]
