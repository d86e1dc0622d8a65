from django.urls import path

from exchange.api import views

urlpatterns = [
    path("verifications/", views.Verifications.as_view(), name="verifications"),
    path("licences/<str:identifier>/", views.LicenceFields.as_view(), name="licence-fields"),
]
