from django.urls import path

from exchange.api import agreements, authorisations, batches, issuing, receipts, sharing, subscriptions, views

urlpatterns = [
    path("agreements/", agreements.Agreements.as_view(), name="api-agreements"),
    path("agreements/<str:reference>/", agreements.OneAgreement.as_view(), name="api-agreement"),
    path("agreements/<str:reference>/steps/", agreements.AgreementSteps.as_view(), name="api-agreement-steps"),
    path("verifications/", views.Verifications.as_view(), name="verifications"),
    path("record/<uuid:entry>/receipt/", receipts.Receipt.as_view(), name="receipt"),
    path("licences/", issuing.Licences.as_view(), name="licences"),
    path("licences/search/", sharing.Search.as_view(), name="search"),
    path("licences/<str:identifier>/", views.LicenceFields.as_view(), name="licence-fields"),
    path("licences/<str:identifier>/operations/", issuing.Operations.as_view(), name="licence-operations"),
    path("authorisations/", authorisations.Authorisations.as_view(), name="authorisations-given"),
    path("authorisations/redeem/", authorisations.Redemptions.as_view(), name="authorisation-redeem"),
    path("licences/<str:identifier>/credential/", sharing.LicenceCredential.as_view(), name="licence-credential"),
    path("licences/<str:identifier>/copies/", sharing.Copies.as_view(), name="licence-copies"),
    path(
        "licences/<str:identifier>/copies/<uuid:key>/downloads/",
        sharing.CopyAddresses.as_view(),
        name="licence-copy-downloads",
    ),
    path("downloads/<str:secret>/", sharing.Downloads.as_view(), name="download"),
    path("subscriptions/", subscriptions.Subscriptions.as_view(), name="subscriptions"),
    path("subscriptions/<uuid:key>/", subscriptions.SubscriptionDetail.as_view(), name="subscription"),
    path("subscriptions/<uuid:key>/verify/", subscriptions.VerifyEndpoint.as_view(), name="subscription-verify"),
    path("subscriptions/<uuid:key>/rotate/", subscriptions.RotateSecret.as_view(), name="subscription-rotate"),
    path("subscriptions/<uuid:key>/deliveries/", subscriptions.Deliveries.as_view(), name="subscription-deliveries"),
    path("subscriptions/<uuid:key>/resend/", subscriptions.Resend.as_view(), name="subscription-resend"),
    path("batches/", batches.Batches.as_view(), name="batches"),
    path("batches/<uuid:key>/", batches.BatchProgress.as_view(), name="batch"),
    path("batches/<uuid:key>/rows/", batches.BatchRows.as_view(), name="batch-rows"),
    path("batches/<uuid:key>/stop/", batches.StopBatch.as_view(), name="batch-stop"),
    path("batches/<uuid:key>/retry/", batches.RetryBatch.as_view(), name="batch-retry"),
]
