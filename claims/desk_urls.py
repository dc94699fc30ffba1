from django.urls import path

from .views import desk

app_name = "desk"

urlpatterns = [
    path("", desk.queue, name="queue"),
    path("<uuid:public_id>/", desk.claim, name="claim"),
    path("<uuid:public_id>/comment/", desk.comment, name="comment"),
    path("<uuid:public_id>/note/", desk.note, name="note"),
    path("<uuid:public_id>/<slug:verb>/", desk.DeskVerbView.as_view(), name="verb"),
]
