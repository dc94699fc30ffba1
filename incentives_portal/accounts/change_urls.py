from django.urls import path

from . import change_pages

app_name = "changes"
urlpatterns = [
    path("", change_pages.changes, name="list"),
    path("requests/", change_pages.change_requests, name="requests"),
    path("requests/<uuid:public_id>/", change_pages.change_request, name="request"),
    path("requests/<uuid:public_id>/confirm/", change_pages.confirm, name="confirm"),
    path("requests/<uuid:public_id>/refuse/", change_pages.refuse, name="refuse"),
    path("requests/<uuid:public_id>/withdraw/", change_pages.withdraw, name="withdraw"),
    path("people/<uuid:public_id>/erase/", change_pages.erase, name="erase"),
]
