from django.urls import path

from . import views

app_name = "people"
urlpatterns = [path("<uuid:public_id>/export/", views.export, name="export")]
