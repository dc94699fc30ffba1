"""All URLs of the portal. They require sign-in by default; views that are public are marked."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from incentives_portal.accounts.views import email_address
from incentives_portal.monitoring import probes

handler400 = "incentives_portal.home.views.bad_request"
handler403 = "incentives_portal.accounts.views.forbidden"
handler500 = "incentives_portal.home.views.server_error"

urlpatterns = [
    path("", include("incentives_portal.home.urls")),
    # Replaces allauth's page for changing one's address by a 404: accounts:address asks the old address or a second person.
    path("accounts/email/", email_address, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("profile/", include("incentives_portal.accounts.urls")),
    path("changes/", include("incentives_portal.accounts.change_urls")),
    path("people/", include("incentives_portal.people.urls")),
    path("plans/", include("plans.urls")),
    path("proofs/", include("proofs.urls")),
    path("claims/", include("claims.urls")),
    path("review/", include("claims.review_urls")),
    path("exceptions/", include("incentives_portal.cases.urls")),
    path("uploads/", include("incentives_portal.documents.urls")),
    path("notifications/", include("incentives_portal.outbox.urls")),
    path("admin/", admin.site.urls),
    path("system/", include("incentives_portal.monitoring.urls")),
    path("livez", probes.livez, name="livez"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.healthz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
]

if settings.EMBEDDED_DATABASE and settings.LOCAL_MAILBOX:
    urlpatterns.append(path("mailbox/", include("incentives_portal.embedded.urls")))
