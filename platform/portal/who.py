"""Who visits a page, and which rooms are open to them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from foundation.clock import now
from foundation.context import Actor
from registry import queries as registry
from registry.defining import DEFINERS

if TYPE_CHECKING:
    from registry.models import Department, Person

P = ParamSpec("P")
# Those who issue licences, who may do most first.
_ISSUERS = ("department_head", "department_administrator", "clerk")


@dataclass(frozen=True, slots=True)
class Post:
    """A role by which a person issues licences for a department."""

    department: "Department"
    role: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person with their roles: the departments they work for or manage, and whether they oversee all."""

    person: "Person"
    departments: tuple["Department", ...] = ()
    role: str = ""
    oversees: bool = False
    codes: tuple[str, ...] = field(default=())
    managed: tuple[str, ...] = field(default=())
    posts: tuple[Post, ...] = field(default=())
    kept: tuple["Department", ...] = field(default=())

    @property
    def keeps(self) -> bool:
        """Whether the person looks after a department's part of the record."""
        return bool(self.kept)

    @property
    def works(self) -> bool:
        """Whether the person handles applications for a department."""
        return bool(self.departments)

    @property
    def manages(self) -> bool:
        """Whether the person manages a department's licence types."""
        return bool(self.managed)

    @property
    def own(self) -> tuple[str, ...]:
        """The departments (codes) that the person works for or manages."""
        return tuple(dict.fromkeys(self.codes + self.managed))

    @property
    def reads_figures(self) -> bool:
        """Whether the person may see figures of use: all of them, or their own departments'."""
        return self.oversees or bool(self.own)

    @property
    def issues(self) -> bool:
        """Whether the person has a role by which licences are issued."""
        return bool(self.posts)

    def at_post(self, department: str) -> Actor:
        """Return the person as they act for a department (code): in the role that may do most, where they have any."""
        roles = [post.role for post in self.posts if post.department.code == department]
        if not roles:
            return self.actor
        return replace(self.actor, department=department, role=min(roles, key=_ISSUERS.index))

    @property
    def actor(self) -> Actor:
        """The person as the record sees them."""
        department = next(iter(self.codes + self.managed), "")
        return Actor(
            person=self.person.pk, department=department, role=self.role or "citizen", name=self.person.get_full_name()
        )


def visitor_of(request: HttpRequest) -> Visitor | None:
    """Return who is signed in, looked up once a request."""
    # Absent while an early middleware answers, None on the API's pages, which know clients only.
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return None
    known = cast("Visitor | None", getattr(request, "_visitor", None))
    if known is None:
        known = _look_up(person)
        request._visitor = known  # type: ignore[attr-defined]
    return known


def _look_up(person: "Person") -> Visitor:
    memberships = registry.memberships(person, now())
    handling = [m for m in memberships if m.role in registry.STAFF_ROLES and m.department]
    departments = tuple(m.department for m in handling if m.department)
    return Visitor(
        person=person,
        departments=departments,
        role=memberships[0].role if memberships else "",
        oversees=any(m.role in registry.OVERSEERS for m in memberships),
        codes=tuple(d.code for d in departments),
        posts=tuple(Post(m.department, m.role) for m in memberships if m.role in _ISSUERS and m.department),
        kept=tuple(m.department for m in memberships if m.role in registry.KEEPERS and m.department),
        managed=tuple(m.department.code for m in memberships if m.role in DEFINERS and m.department),
    )


Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
VisitorPage = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in and back to the page; after a form, whose address is no page, to the start."""
    back = request.get_full_path() if request.method == "GET" else reverse("home")
    answer = redirect_to_login(back)
    if request.headers.get("HX-Request") == "true":
        # In place of a part of the page only the whole page will do.
        return HttpResponse(headers={"HX-Redirect": answer["Location"]})
    return answer


def _for_those_who(may_enter: Callable[[Visitor], bool]) -> Callable[[VisitorPage[P]], Page[P]]:
    def guard(page: VisitorPage[P]) -> Page[P]:
        @wraps(page)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            visitor = visitor_of(request)
            if visitor is None:
                return _sign_in_first(request)
            if not may_enter(visitor):
                raise PermissionDenied
            return page(request, visitor, *args, **kwargs)

        return guarded

    return guard


for_citizens = _for_those_who(lambda _: True)
for_staff = _for_those_who(lambda visitor: visitor.works)
for_overseers = _for_those_who(lambda visitor: visitor.oversees)
for_managers = _for_those_who(lambda visitor: visitor.oversees or visitor.manages)
for_keepers = _for_those_who(lambda visitor: visitor.keeps)
for_keepers_and_overseers = _for_those_who(lambda visitor: visitor.keeps or visitor.oversees)
for_parties_of_agreements = _for_those_who(lambda visitor: visitor.works or visitor.keeps or visitor.oversees)
for_readers_of_figures = _for_those_who(lambda visitor: visitor.reads_figures)
for_issuers_and_overseers = _for_those_who(lambda visitor: visitor.issues or visitor.oversees)
for_issuers = _for_those_who(lambda visitor: visitor.issues)
