"""Turn editions into finished files: jobs, worker processes, cards on stock, the build record.

In: editions and settings. Out: the bytes of files, each proved.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.printing.build_record import save_record as save_record
    from teachback.printing.job_composer import compose_job as compose_job
    from teachback.printing.job_printer import do_jobs as do_jobs

__getattr__ = finder(
    __name__,
    {"compose_job": "job_composer", "do_jobs": "job_printer", "save_record": "build_record"},
)
