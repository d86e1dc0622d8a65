"""What a team would write in an afternoon: plain DRF, token sign-in, a model serializer, one row of the record."""

import os
import sys
import uuid
from pathlib import Path

import dj_database_url
import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).parent))

settings.configure(
    SECRET_KEY="a floor's",  # noqa: S106 - nothing is signed with it
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="peer",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    DATABASES={"default": {**dj_database_url.parse(os.environ["FLOOR_URL"]), "OPTIONS": {"pool": True}}},
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.shortcuts import get_object_or_404  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.authentication import TokenAuthentication  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Licence(models.Model):
    """A licence."""

    number = models.TextField(unique=True)
    holder = models.TextField()
    status = models.SmallIntegerField()
    content = models.JSONField()
    expires = models.DateField()

    class Meta:
        app_label, db_table, managed = "auth", "licence", False

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """A row of the record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.IntegerField()
    action = models.TextField()
    licence_id = models.BigIntegerField()
    outcome = models.SmallIntegerField()

    class Meta:
        app_label, db_table, managed = "auth", "audit_entry", False

    def __str__(self) -> str:
        return self.action


class Told(serializers.ModelSerializer[Licence]):
    """What is told of a licence."""

    class Meta:
        model, fields = Licence, ["number", "status", "expires"]


class Verify(APIView):
    """Verify one licence."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, number: str) -> Response:
        """Answer GET /verify/{number}."""
        with transaction.atomic():
            licence = get_object_or_404(Licence, number=number)
            Entry.objects.create(actor=request.user.pk, action="verify", licence_id=licence.pk, outcome=1)
        return Response(Told(licence).data)


urlpatterns = [path("verify/<str:number>", Verify.as_view())]
application = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    call_command("migrate", verbosity=0)
    person, _ = User.objects.get_or_create(username="clerk")
    sys.stdout.write(Token.objects.get_or_create(user=person)[0].key)
