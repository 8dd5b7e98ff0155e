from django.urls import path

from loyalty.account import views

urlpatterns = [path("reset/<str:uid>/<str:token>/", views.reset, name="password-reset")]
