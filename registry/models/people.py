"""People, their roles in departments, and the API clients that act for departments."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from oauth2_provider.models import AbstractApplication, get_access_token_model

from foundation.ids import new_id
from registry.models.catalogue import Department


class PersonManager(BaseUserManager["Person"]):
    """Makes people."""

    def create_user(self, username: str, password: str | None = None, **values: Any) -> "Person":
        """Make a person; without a password only an identity provider can sign them in."""
        person = self.model(username=self.model.normalize_username(username), **values)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **values: Any) -> "Person":
        """Make an operator of the Django admin."""
        return self.create_user(username, password, **{"is_staff": True, "is_superuser": True, **values})


class Person(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in: a citizen, or staff by their memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name_plural = "people"

    def get_full_name(self) -> str:
        """Return what people call them."""
        return self.name or self.username


class Role(models.TextChoices):
    """What a person may be in a department; a citizen needs no membership."""

    CLERK = "clerk"
    HEAD = "department_head"
    ADMINISTRATOR = "department_administrator"
    AUTHORITY = "data_authority"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Membership(models.Model):
    """A person's role in a department from a time until a time; city-wide roles have no department."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=40, choices=Role)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(department__isnull=False)
                | models.Q(role__in=[Role.AUTHORITY, Role.AUDITOR, Role.OPERATOR]),
                name="registry_membership_department",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.role} {self.department or ''}"


class Client(AbstractApplication):
    """A department's own system: an OAuth 2.0 client that acts for that department."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)  # type: ignore[assignment]
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="clients")
    active = models.BooleanField(default=True)
    # Reading the record's entries is given to single systems by name, whatever their department.
    reads_record = models.BooleanField(default=False)
    # Calls a second; where none is given the setting for all holds.
    rate = models.PositiveIntegerField(null=True, blank=True)
    # The secret before the present one (hashed), which holds beside it until a time.
    former_secret = models.CharField(max_length=255, blank=True)
    former_secret_until = models.DateTimeField(null=True, blank=True)
    # Calls without a signature (RFC 9421) are refused.
    must_sign = models.BooleanField(default=False)

    class Meta(AbstractApplication.Meta):
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"

    def __str__(self) -> str:
        return str(self.name or self.client_id)

    def end_tokens(self) -> None:
        """Delete the client's access tokens."""
        tokens = get_access_token_model()  # type: ignore[no-untyped-call]
        tokens.objects.filter(application=self).delete()


class ClientKey(models.Model):
    """A public key of a department's system: it shows with it who it is (RFC 7523), and signs its calls (RFC 9421)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, models.CASCADE, related_name="keys")
    kid = models.CharField(max_length=120)
    algorithm = models.CharField(max_length=20)
    jwk = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "kid"], name="registry_client_key_once")]

    def __str__(self) -> str:
        return f"{self.kid} {self.algorithm}"
