from django.urls import path

from analytics.api.admin.views import StatsViewSet

urlpatterns = [path("admin/partners/stats", StatsViewSet.as_view({"get": "stats"}))]
