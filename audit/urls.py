from django.urls import path

from audit import views

urlpatterns = [
    path("checkpoint", views.signed_checkpoint, name="log-checkpoint"),
    path("key", views.public_key, name="log-key"),
    path("tile/<path:path>", views.tile, name="log-tile"),
]
