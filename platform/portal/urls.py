from django.contrib.auth.views import LogoutView
from django.urls import path

from portal.views import administrator, catalogue, citizen, clerk, entry, network, plans, types

urlpatterns = [
    path("", entry.home, name="home"),
    path("sign-in/", entry.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("reasons/", entry.reasons, name="reasons"),
    path("health/", entry.health, name="health"),
    path("wallet/", citizen.wallet, name="wallet"),
    path("looks/", citizen.looks, name="looks"),
    path("items/", citizen.items, name="items"),
    path("items/<str:code>/", citizen.apply, name="apply"),
    path("applications/<str:number>/", citizen.application, name="application"),
    path("applications/<str:number>/withdraw/", citizen.withdraw_application, name="withdraw"),
    path("desk/", clerk.desk, name="desk"),
    path("desk/check/", clerk.check, name="check"),
    path("desk/<str:number>/", clerk.case, name="case"),
    path("desk/<str:number>/verify/", clerk.verify_all, name="verify-all"),
    path("desk/<str:number>/decide/", clerk.decide, name="decide"),
    path("overview/", administrator.overview, name="overview"),
    path("overview/record/", administrator.entries, name="entries"),
    path("overview/record/<uuid:key>/", administrator.entry, name="entry"),
    path("overview/types/", types.types, name="licence-types"),
    path("overview/types/<uuid:key>/", types.licence_type, name="licence-type"),
    path("overview/scenarios/<slug:code>/", administrator.scenario, name="scenario"),
    path("overview/catalogue/", catalogue.catalogue, name="catalogue"),
    path("overview/catalogue/export/", catalogue.export, name="catalogue-export"),
    path("overview/catalogue/import/", catalogue.upload, name="catalogue-import"),
    path("overview/catalogue/import/apply/", catalogue.apply_upload, name="catalogue-apply"),
    path("overview/catalogue/versions/<int:number>/", catalogue.version, name="catalogue-version"),
    path("overview/network/", network.network, name="network"),
    path("overview/network/items/", network.items, name="network-items"),
    path("overview/network/items/<str:code>/", network.item, name="network-item"),
    path("overview/plans/", plans.plans, name="plans"),
]
