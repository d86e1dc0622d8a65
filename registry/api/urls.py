from django.urls import path

from registry.api import views

urlpatterns = [
    path("departments/", views.Departments.as_view(), name="api-departments"),
    path("items/", views.Items.as_view(), name="api-items"),
    path("licence-types/", views.LicenceTypes.as_view(), name="api-licence-types"),
    path("flows/", views.Flows.as_view(), name="api-flows"),
    path("network/", views.Network.as_view(), name="api-network"),
    path("plans/", views.Plans.as_view(), name="api-plans"),
]
