"""The calls beyond a verification: searches by holder, the credential itself, copies and their download addresses."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.operators import operator_named
from exchange.api.serializers import DisclosureRequest
from exchange.api.sharing_examples import COPY_EXAMPLES, SEARCH_EXAMPLES
from exchange.api.sharing_serializers import (
    CopyAnswer,
    CopyRequest,
    SearchAnswer,
    SearchRequest,
    UseRequest,
    ask_of,
    copy_answer,
    search_answer,
)
from exchange.sharing.copying import address_for, copy_for_case, fetch
from exchange.sharing.credentials import take_credential
from exchange.sharing.searching import search_by_holder
from licences.sdjwt import MEDIA_TYPE
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}
_IDENTIFIER = OpenApiParameter("identifier", str, OpenApiParameter.PATH, description="Identifier by GB/T 36904.")
CREDENTIAL = f"application/{MEDIA_TYPE}"


class _Plain(JSONRenderer):
    """Text or bytes as they are; a problem as the JSON that it is."""

    def render(self, data: Any, *args: Any, **values: Any) -> Any:
        if isinstance(data, str):
            return data.encode()
        return data if isinstance(data, bytes) else super().render(data, *args, **values)


class CredentialRenderer(_Plain):
    """A credential (RFC 9901)."""

    media_type = CREDENTIAL
    format = "sd-jwt"


class PdfRenderer(_Plain):
    """A sealed document."""

    media_type = "application/pdf"
    format = "pdf"


class Search(APIView):
    """Search by holder and type."""

    scope = "disclose"

    @extend_schema(
        operation_id="search",
        summary="A holder's licences of a type · 按持证主体和类型查询",
        request=SearchRequest,
        responses={200: SearchAnswer, **problems(400, 401, 403, 406, 413, 415, 429, 503)},
        examples=SEARCH_EXAMPLES,
        tags=["sharing"],
    )
    def post(self, request: Request) -> Response:
        """Return the holder's licences that the item's need and the right of use permit; each is recorded."""
        given = SearchRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        standing = standing_of(request, operator=operator_named(request, values.get("operator")))
        ask, page = ask_of(values), values["page"]
        found = search_by_holder(ask, standing=standing, page=page, size=values["page_size"])
        body = search_answer(found, page=page, with_case=bool(ask.case.strip()))
        return Response(body, headers=_NO_STORE)


class LicenceCredential(APIView):
    """Take a licence's credential."""

    scope = "disclose"
    renderer_classes = (CredentialRenderer,)

    @extend_schema(
        operation_id="take_credential",
        summary="The credential with the permitted disclosures · 获取证照凭证（仅含许可字段）",
        parameters=[
            _IDENTIFIER,
            DisclosureRequest,
            OpenApiParameter(
                "X-Record", OpenApiTypes.UUID, OpenApiParameter.HEADER, response=[200], description="The record's entry"
            ),
        ],
        responses={
            (200, CREDENTIAL): OpenApiResponse(
                OpenApiTypes.STR, description="`jwt~disclosure~…~` (RFC 9901), with the permitted disclosures only."
            ),
            **problems(400, 401, 403, 404, 406, 409, 413, 429, 503, own=("credential_not_given",)),
        },
        tags=["sharing"],
    )
    def get(self, request: Request, identifier: str) -> Response:
        """Return what the issuer signed, with only those disclosures that the decision permits; it is recorded."""
        given = DisclosureRequest(data=request.query_params)
        given.is_valid(raise_exception=True)
        taken = take_credential(ask_of(given.validated_data, identifier=identifier), standing=standing_of(request))
        return Response(str(taken.credential), headers={**_NO_STORE, "X-Record": str(taken.entry)})


class Copies(APIView):
    """Make a use-bound copy."""

    scope = "disclose"

    @extend_schema(
        operation_id="make_copy",
        summary="Make a use-bound copy, to be fetched once · 制作加注件并获取一次性下载地址",
        parameters=[_IDENTIFIER],
        request=CopyRequest,
        responses={
            201: CopyAnswer,
            **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=("licence_not_valid",)),
        },
        examples=COPY_EXAMPLES,
        tags=["sharing"],
    )
    def post(self, request: Request, identifier: str) -> Response:
        """Make a sealed PDF watermarked with purpose, receiver and end; its address works once, for ten minutes."""
        given = CopyRequest(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        ask = ask_of(values, identifier=identifier)
        address = copy_for_case(ask, standing=standing_of(request), expires_at=values["expires_at"])
        return Response(copy_answer(address), status=201, headers=_NO_STORE)


class CopyAddresses(APIView):
    """Ask for another address of a copy."""

    scope = "disclose"

    @extend_schema(
        operation_id="download_address",
        summary="Another download address for a copy · 再次获取加注件下载地址",
        parameters=[_IDENTIFIER],
        request=UseRequest,
        responses={
            201: CopyAnswer,
            **problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 503, own=("purpose_differs",)),
        },
        tags=["sharing"],
    )
    def post(self, request: Request, identifier: str, key: UUID) -> Response:
        """Return another address for a copy of the department's, for the same item, purpose and case."""
        given = UseRequest(data=request.data)
        given.is_valid(raise_exception=True)
        ask = ask_of(given.validated_data, identifier=identifier)
        address = address_for(key, ask, standing=standing_of(request))
        return Response(copy_answer(address), status=201, headers=_NO_STORE)


class Downloads(APIView):
    """Fetch a copy once."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (PdfRenderer,)
    # Asking for the headers alone must not use the address up.
    http_method_names = ["get", "options"]

    @extend_schema(
        operation_id="download",
        summary="Fetch a copy by its address, once · 一次性下载",
        parameters=[OpenApiParameter("secret", str, OpenApiParameter.PATH, description="The address's secret part.")],
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The sealed copy."),
            **problems(404, 406, 503),
        },
        tags=["sharing"],
    )
    def get(self, request: Request, secret: str) -> Response:  # noqa: ARG002 - its signature
        """Return the copy to the first who comes within ten minutes; all others are answered alike."""
        headers = {
            **_NO_STORE,
            "Content-Disposition": 'attachment; filename="licence.pdf"',
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
        return Response(fetch(secret), headers=headers)
