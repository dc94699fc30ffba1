from django.urls import path

from .views import claim, creating, files, listing

app_name = "claims"

urlpatterns = [
    path("", listing.claim_list, name="list"),
    path("new/", creating.new_claim, name="new"),
    path("for/<uuid:proof_id>/new/", creating.new_claim_for_proof, name="create_for_proof"),
    path("<uuid:public_id>/", claim.claim_detail, name="detail"),
    path("<uuid:public_id>/check/", claim.CheckView.as_view(), name="check"),
    path("<uuid:public_id>/comment/", claim.comment, name="comment"),
    path("<uuid:public_id>/files/<uuid:version_id>/", files.file, name="file"),
    path("<uuid:public_id>/files/<uuid:version_id>/original/", files.original, name="file_original"),
    path("<uuid:public_id>/files/<uuid:version_id>/content/", files.content, name="file_content"),
    path("<uuid:public_id>/files/<uuid:version_id>/pages/<int:number>/", files.page, name="page"),
    path("<uuid:public_id>/<slug:verb>/", claim.PartnerVerbView.as_view(), name="verb"),
]
