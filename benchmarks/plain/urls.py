from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from benchmarks.plain.views import TransactionViewSet


def bare(request: HttpRequest) -> JsonResponse:
    """The least that a Django view can do."""
    return JsonResponse({"status": "ok"})


router = SimpleRouter(trailing_slash=False)
router.register("transactions", TransactionViewSet, basename="transaction")
urlpatterns = [path("", include(router.urls)), path("bare", bare), path("health", bare)]
