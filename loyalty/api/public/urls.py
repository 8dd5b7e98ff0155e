from django.urls import path

from loyalty.api.public.views import ErrorCodesViewSet

urlpatterns = [path("error-codes", ErrorCodesViewSet.as_view({"get": "list"}))]
