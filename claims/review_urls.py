from django.urls import path

from .views import review

app_name = "review"

urlpatterns = [
    path("", review.queue, name="queue"),
    path("<uuid:public_id>/", review.claim, name="claim"),
    path("<uuid:public_id>/comment/", review.comment, name="comment"),
    path("<uuid:public_id>/note/", review.note, name="note"),
    path("<uuid:public_id>/<slug:verb>/", review.ReviewVerbView.as_view(), name="verb"),
]
