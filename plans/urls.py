from django.urls import path

from . import views

app_name = "plans"

urlpatterns = [
    path("", views.plan_list, name="list"),
    path("begin/", views.begin_plan, name="begin"),
    path("new/", views.NewPlanView.as_view(), name="new"),
    path("<uuid:public_id>/", views.plan_detail, name="detail"),
    path("<uuid:public_id>/edit/", views.EditPlanView.as_view(), name="edit"),
    path("<uuid:public_id>/check/", views.CheckView.as_view(), name="check"),
    path("<uuid:public_id>/comment/", views.comment, name="comment"),
    path("<uuid:public_id>/campaigns/new/", views.NewCampaignView.as_view(), name="campaign_new"),
    path("<uuid:public_id>/campaigns/<uuid:campaign_id>/", views.EditCampaignView.as_view(), name="campaign_edit"),
    path(
        "<uuid:public_id>/campaigns/<uuid:campaign_id>/remove/",
        views.RemoveCampaignView.as_view(),
        name="campaign_remove",
    ),
    path(
        "<uuid:public_id>/campaigns/<uuid:campaign_id>/activities/new/",
        views.NewActivityView.as_view(),
        name="activity_new",
    ),
    path("<uuid:public_id>/activities/<uuid:activity_id>/", views.EditActivityView.as_view(), name="activity_edit"),
    path(
        "<uuid:public_id>/activities/<uuid:activity_id>/remove/",
        views.RemoveActivityView.as_view(),
        name="activity_remove",
    ),
    path("<uuid:public_id>/<slug:verb>/", views.PlanVerbView.as_view(), name="verb"),
]
