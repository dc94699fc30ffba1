from django.urls import path

from .views import costs, documents, proof

app_name = "proofs"

urlpatterns = [
    path("new/<uuid:activity_id>/", proof.NewProofView.as_view(), name="new"),
    path("<uuid:public_id>/", proof.detail, name="detail"),
    path("<uuid:public_id>/basics/", proof.BasicsView.as_view(), name="basics"),
    path("<uuid:public_id>/comments/", proof.CommentsView.as_view(), name="comments"),
    path("<uuid:public_id>/answers/", proof.AnswersView.as_view(), name="answers"),
    path("<uuid:public_id>/attendees/", proof.AttendeesView.as_view(), name="attendees"),
    path("<uuid:public_id>/invoices/add/", costs.InvoiceView.as_view(), name="invoice_add"),
    path("<uuid:public_id>/invoices/<uuid:part_id>/edit/", costs.InvoiceView.as_view(), name="invoice_edit"),
    path("<uuid:public_id>/invoices/<uuid:part_id>/remove/", costs.RemoveInvoiceView.as_view(), name="invoice_remove"),
    path("<uuid:public_id>/reports/add/", costs.ReportView.as_view(), name="report_add"),
    path("<uuid:public_id>/reports/<uuid:part_id>/edit/", costs.ReportView.as_view(), name="report_edit"),
    path("<uuid:public_id>/reports/<uuid:part_id>/certify/", costs.CertifyReportView.as_view(), name="report_certify"),
    path("<uuid:public_id>/reports/<uuid:part_id>/remove/", costs.RemoveReportView.as_view(), name="report_remove"),
    path("<uuid:public_id>/documents/add/", documents.AddDocumentsView.as_view(), name="documents_add"),
    path("<uuid:public_id>/documents/<uuid:part_id>/edit/", documents.EditDocumentView.as_view(), name="document_edit"),
    path(
        "<uuid:public_id>/documents/<uuid:part_id>/remove/",
        documents.RemoveDocumentView.as_view(),
        name="document_remove",
    ),
    path("<uuid:public_id>/files/<uuid:version_id>/", documents.download, name="file"),
    path("<uuid:public_id>/files/<uuid:version_id>/original/", documents.original, name="file_original"),
    path("<uuid:public_id>/files/<uuid:version_id>/content/", documents.content, name="file_content"),
    path("<uuid:public_id>/pages/<uuid:version_id>/<int:number>.png", documents.page_image, name="page"),
]
