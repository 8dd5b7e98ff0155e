from django.urls import path

from customers.pages import confirm_email_page

urlpatterns = [path("confirm/<str:token>", confirm_email_page)]
