from django.urls import path

from . import views

app_name = "outbox"
urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("read/", views.read_all, name="read_all"),
    path("resend-failed/", views.resend_failed_messages, name="resend_failed"),
    path("<uuid:public_id>/read/", views.read_one, name="read_one"),
    path("<uuid:public_id>/resend/", views.resend_message, name="resend"),
]
