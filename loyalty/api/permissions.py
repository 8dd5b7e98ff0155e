"""What DRF falls back on for a view that is not one of ours: nothing is open by accident."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class DenyUndeclared(BasePermission):
    """Refuses, unless the view says that it checks by itself (`checks_capabilities`) or is open (`is_public`)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return getattr(view, "checks_capabilities", False) or getattr(view, "is_public", False)
