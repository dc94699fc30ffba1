from django.urls import path

from . import views

app_name = "monitoring"
urlpatterns = [
    path("", views.system, name="system"),
    path("files/<uuid:public_id>/check/", views.check_file_again, name="check_file_again"),
    path("second-step/", views.find_user, name="find_user"),
    path("second-step/<uuid:public_id>/", views.remove_factor, name="remove_second_factor"),
]
