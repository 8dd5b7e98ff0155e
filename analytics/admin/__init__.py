"""The back office of the statistics; importing registers the pages."""

from analytics.admin import days

__all__ = ["days"]
