"""Scheduled jobs, started before their hour."""

MAIL_QUEUE = "mail.ir_cron_mail_scheduler_action"


def start_job(env, name, at=None):
    """Let a job run at once, or at a moment; an administrator may have deleted it.

    :param str name: "refresh", "schedule" or "release", or the XML id of another's job
    :param datetime at: UTC
    """
    xmlid = name if "." in name else f"crm_relationship.ir_cron_{name}"
    if job := env.ref(xmlid, raise_if_not_found=False):
        # sudo: the jobs are nobody's own
        job.sudo()._trigger(at)
