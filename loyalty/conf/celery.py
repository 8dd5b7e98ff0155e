"""Celery settings and the one table of scheduled work.

Why each value: late acknowledgement, one prefetched task and `reject_on_worker_lost` keep a killed worker from losing
work; the visibility timeout is longer than the longest task, so nothing runs twice while it is still running.
"""

from typing import Any

from celery.schedules import crontab

QUEUES = (
    *("loyalty", "partners", "customers", "cards", "ledger", "games", "commissions", "messaging", "interchange"),
    "analytics",
)


def celery_settings(broker_url: str) -> dict[str, Any]:
    return {
        "CELERY_BROKER_URL": broker_url,
        "CELERY_RESULT_BACKEND": None,
        "CELERY_TASK_IGNORE_RESULT": True,
        "CELERY_TASK_ACKS_LATE": True,
        "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_TASK_TIME_LIMIT": 1800,
        "CELERY_TASK_SOFT_TIME_LIMIT": 1740,
        "CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 7200, "health_check_interval": 25},
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT": 25,
        "CELERY_WORKER_HIJACK_ROOT_LOGGER": False,
        "CELERY_TIMEZONE": "UTC",
        "CELERY_TASK_DEFAULT_QUEUE": "loyalty",
        "CELERY_TASK_ROUTES": {f"{app}.*": {"queue": app} for app in QUEUES},
        "CELERY_BEAT_SCHEDULE": SCHEDULE,
    }


SCHEDULE: dict[str, dict[str, Any]] = {
    "loyalty.forget_expired": {"task": "loyalty.forget_expired", "schedule": crontab(minute=17)},
    "customers.expire_qr_logins": {"task": "customers.expire_qr_logins", "schedule": crontab()},
    "interchange.resume_feed_imports": {"task": "interchange.resume_feed_imports", "schedule": crontab(minute="*/10")},
    "customers.forget": {"task": "customers.forget", "schedule": crontab(minute=37)},
    "messaging.send_waiting_sms": {"task": "messaging.send_waiting_sms", "schedule": crontab()},
    "messaging.deliver_waiting_sms_receipts": {"task": "messaging.deliver_waiting_sms_receipts", "schedule": 15.0},
    "messaging.send_waiting_emails": {"task": "messaging.send_waiting_emails", "schedule": crontab()},
    "messaging.forget_texts": {"task": "messaging.forget_texts", "schedule": crontab(hour=2, minute=40)},
    "messaging.sweep_attachments": {"task": "messaging.sweep_attachments", "schedule": crontab(hour=3, minute=25)},
    "messaging.reseal_secrets": {"task": "messaging.reseal_secrets", "schedule": crontab(hour=3, minute=45)},
    "partners.sweep_papers": {"task": "partners.sweep_papers", "schedule": crontab(hour=3, minute=35)},
    "messaging.relay_webhooks": {"task": "messaging.relay_webhooks", "schedule": crontab()},
    "messaging.forget_deliveries": {"task": "messaging.forget_deliveries", "schedule": crontab(hour=3, minute=10)},
    "cards.expire_qr_cards": {"task": "cards.expire_qr_cards", "schedule": crontab()},
    "ledger.expire_points": {"task": "ledger.expire_points", "schedule": crontab(minute=5)},
    "commissions.accrue": {"task": "commissions.accrue", "schedule": crontab(minute="*/3")},
    "commissions.send_waiting_payouts": {
        "task": "commissions.send_waiting_payouts",
        "schedule": crontab(minute="1-59/2"),
    },
    "commissions.close_months": {"task": "commissions.close_months", "schedule": crontab(minute=12)},
    "analytics.roll_up": {"task": "analytics.roll_up", "schedule": crontab(minute="*/3")},
    "games.expire_coupons": {"task": "games.expire_coupons", "schedule": crontab(minute=35)},
    "games.finish_batches": {"task": "games.finish_batches", "schedule": crontab(minute="*/10")},
    "games.expire_plays": {"task": "games.expire_plays", "schedule": crontab(minute="*/5")},
}
