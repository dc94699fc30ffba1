from django.urls import path

from .views import content, detail, listing, verbs

app_name = "plans"

urlpatterns = [
    path("", listing.plan_list, name="list"),
    path("begin/", content.begin_plan, name="begin"),
    path("new/", content.NewPlanView.as_view(), name="new"),
    path("<uuid:public_id>/", detail.plan_detail, name="detail"),
    path("<uuid:public_id>/edit/", content.EditPlanView.as_view(), name="edit"),
    path("<uuid:public_id>/check/", verbs.CheckView.as_view(), name="check"),
    path("<uuid:public_id>/comment/", detail.comment, name="comment"),
    path("<uuid:public_id>/campaigns/new/", content.NewCampaignView.as_view(), name="campaign_new"),
    path("<uuid:public_id>/campaigns/<uuid:campaign_id>/", content.EditCampaignView.as_view(), name="campaign_edit"),
    path(
        "<uuid:public_id>/campaigns/<uuid:campaign_id>/remove/",
        content.RemoveCampaignView.as_view(),
        name="campaign_remove",
    ),
    path(
        "<uuid:public_id>/campaigns/<uuid:campaign_id>/activities/new/",
        content.NewActivityView.as_view(),
        name="activity_new",
    ),
    path("<uuid:public_id>/activities/<uuid:activity_id>/", content.EditActivityView.as_view(), name="activity_edit"),
    path(
        "<uuid:public_id>/activities/<uuid:activity_id>/remove/",
        content.RemoveActivityView.as_view(),
        name="activity_remove",
    ),
    path("<uuid:public_id>/<slug:verb>/", verbs.PlanVerbView.as_view(), name="verb"),
]
