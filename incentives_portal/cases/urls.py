from django.urls import path

from . import exceptions

app_name = "cases"

urlpatterns = [path("", exceptions.exceptions, name="exceptions")]
