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

__all__ = [
    "Platform",
    "Created",
    "Job",
    "JobAccepted",
    "JobError",
    "Jobs",
    "Resource",
    "ResourceCreate",
    "ResourceUpdate",
    "Resources",
]
