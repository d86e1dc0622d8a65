from django.urls import path

from exchange.api import batches, issuing, many, receipts, views

urlpatterns = [
    path("verifications/", views.Verifications.as_view(), name="verifications"),
    path("verifications/batch/", many.ManyVerifications.as_view(), name="verifications-batch"),
    path("record/<uuid:entry>/receipt/", receipts.Receipt.as_view(), name="receipt"),
    path("licences/", issuing.Licences.as_view(), name="licences"),
    path("licences/<str:identifier>/", views.LicenceFields.as_view(), name="licence-fields"),
    path("licences/<str:identifier>/operations/", issuing.Operations.as_view(), name="licence-operations"),
    path("batches/", batches.Batches.as_view(), name="batches"),
    path("batches/<uuid:key>/", batches.BatchProgress.as_view(), name="batch"),
    path("batches/<uuid:key>/rows/", batches.BatchRows.as_view(), name="batch-rows"),
    path("batches/<uuid:key>/stop/", batches.StopBatch.as_view(), name="batch-stop"),
    path("batches/<uuid:key>/retry/", batches.RetryBatch.as_view(), name="batch-retry"),
]
