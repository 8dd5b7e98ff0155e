from django.urls import path

from loyalty.api.public.documents import RedocPage, SwaggerPage, schema
from loyalty.api.public.qr import qr
from loyalty.api.public.views import HealthViewSet

urlpatterns = [
    path("health", HealthViewSet.as_view({"get": "health"})),
    path("health/ready", HealthViewSet.as_view({"get": "ready"})),
    path("qr", qr),
    path("api/schema", schema, name="schema"),
    path("api/docs", SwaggerPage.as_view()),
    path("api/redoc", RedocPage.as_view()),
]
