"""The calls for subscriptions: signed messages on changes of licences on which the caller's department relies."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.authentication import standing_of
from exchange.api.subscription_examples import (
    RESEND_EXAMPLES,
    ROTATE_EXAMPLES,
    SUBSCRIBE_EXAMPLES,
    VERIFY_EXAMPLES,
)
from exchange.api.subscription_serializers import (
    PROGRESS,
    DeliveryAnswer,
    DeliveryQuery,
    ResendAnswer,
    ResendRequest,
    SecretAnswer,
    SubscriptionAnswer,
    SubscriptionMade,
    SubscriptionRequest,
    delivery_answer,
    made_answer,
    secret_answer,
    subscription_answer,
)
from exchange.subscriptions.delivering import resend
from exchange.subscriptions.queries import deliveries_of, subscriptions_of
from exchange.subscriptions.subscribing import (
    end,
    move,
    open_deliveries,
    own_subscription,
    rotate,
    subscribe,
    verify_endpoint,
)
from registry.api.paging import Pages
from registry.api.problems import problems

_NO_STORE = {"Cache-Control": "no-store"}
_LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201], description="Its address · 地址")


class Subscriptions(APIView):
    """Subscribe; list the department's subscriptions."""

    scope = "subscriptions"
    pagination_class = Pages

    @extend_schema(
        operation_id="subscribe",
        summary="Subscribe an endpoint · 登记接收端",
        parameters=[_LOCATION],
        request=SubscriptionRequest,
        responses={
            201: SubscriptionMade,
            **problems(400, 401, 403, 406, 409, 413, 415, 429, 503, own=("subscription_exists",)),
        },
        examples=SUBSCRIBE_EXAMPLES,
        tags=["subscriptions"],
    )
    def post(self, request: Request) -> Response:
        """Name an endpoint; it is told nothing until it has answered a challenge. The secret is told this once."""
        given = SubscriptionRequest(data=request.data)
        given.is_valid(raise_exception=True)
        made, secret = subscribe(address=given.validated_data["address"], standing=standing_of(request))
        headers = {**_NO_STORE, "Location": reverse("subscription", args=[made.pk])}
        return Response(made_answer(made, secret), status=201, headers=headers)

    @extend_schema(
        operation_id="subscriptions",
        summary="The department's subscriptions · 本部门的订阅",
        responses={200: SubscriptionAnswer(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["subscriptions"],
    )
    def get(self, request: Request) -> Response:
        """List the subscriptions of the caller's department, the newest first."""
        rows = subscriptions_of([standing_of(request).asker.department])
        return _paged(request, rows, subscription_answer, self)


class SubscriptionDetail(APIView):
    """One subscription."""

    scope = "subscriptions"

    @extend_schema(
        operation_id="subscription",
        summary="One subscription · 订阅详情",
        responses={200: SubscriptionAnswer, **problems(401, 403, 404, 406, 413, 429, 503)},
        tags=["subscriptions"],
    )
    def get(self, request: Request, key: UUID) -> Response:
        """Return a subscription of the caller's department."""
        return _answered(request, key)

    @extend_schema(
        operation_id="move_subscription",
        summary="Send to another address · 变更接收地址",
        request=SubscriptionRequest,
        responses={
            200: SubscriptionAnswer,
            **problems(
                400,
                401,
                403,
                404,
                406,
                409,
                413,
                415,
                429,
                503,
                own=(
                    "subscription_exists",
                    "subscription_wrong_state",
                ),
            ),
        },
        tags=["subscriptions"],
    )
    def patch(self, request: Request, key: UUID) -> Response:
        """Send to another address, once that is verified too."""
        given = SubscriptionRequest(data=request.data)
        given.is_valid(raise_exception=True)
        standing = standing_of(request)
        move(
            own_subscription(key, standing=standing),
            address=given.validated_data["address"],
            actor=standing.actor,
        )
        return _answered(request, key)

    @extend_schema(
        operation_id="end_subscription",
        summary="End a subscription · 终止订阅",
        request=None,
        responses={204: None, **problems(401, 403, 404, 406, 409, 413, 429, 503, own=("subscription_wrong_state",))},
        tags=["subscriptions"],
    )
    def delete(self, request: Request, key: UUID) -> Response:
        """End a subscription; nothing more is sent."""
        standing = standing_of(request)
        end(own_subscription(key, standing=standing), actor=standing.actor)
        return Response(status=204, headers=_NO_STORE)


class VerifyEndpoint(APIView):
    """Verify an endpoint."""

    scope = "subscriptions"

    @extend_schema(
        operation_id="verify_endpoint",
        summary="Send the endpoint its challenge · 验证接收端",
        request=None,
        responses={
            200: SubscriptionAnswer,
            **problems(
                401,
                403,
                404,
                406,
                409,
                413,
                429,
                503,
                own=(
                    "endpoint_not_proven",
                    "subscription_wrong_state",
                ),
            ),
        },
        examples=VERIFY_EXAMPLES,
        tags=["subscriptions"],
    )
    def post(self, request: Request, key: UUID) -> Response:
        """Send a signed challenge, which the endpoint must answer with 200 and `{"challenge": …}` in JSON."""
        standing = standing_of(request)
        verify_endpoint(own_subscription(key, standing=standing), actor=standing.actor)
        return _answered(request, key)


class RotateSecret(APIView):
    """Rotate a secret."""

    scope = "subscriptions"

    @extend_schema(
        operation_id="rotate_secret",
        summary="A new signing secret · 更换推送密钥",
        request=None,
        responses={
            200: SecretAnswer,
            **problems(401, 403, 404, 406, 409, 413, 429, 503, own=("subscription_wrong_state",)),
        },
        examples=ROTATE_EXAMPLES,
        tags=["subscriptions"],
    )
    def post(self, request: Request, key: UUID) -> Response:
        """Give a new secret; for a day messages are signed by the former one too."""
        standing = standing_of(request)
        changed, secret = rotate(own_subscription(key, standing=standing), actor=standing.actor)
        return Response(secret_answer(changed, secret), headers=_NO_STORE)


class Deliveries(APIView):
    """The messages of a subscription."""

    scope = "subscriptions"
    pagination_class = Pages

    @extend_schema(
        operation_id="deliveries",
        summary="What was sent, waits, or is a dead letter · 推送记录",
        parameters=[OpenApiParameter("progress", {"type": "string", "enum": PROGRESS})],
        responses={200: DeliveryAnswer(many=True), **problems(400, 401, 403, 404, 406, 413, 429, 503)},
        tags=["subscriptions"],
    )
    def get(self, request: Request, key: UUID) -> Response:
        """List the deliveries of a subscription, the newest first; it is recorded."""
        query = DeliveryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        standing = standing_of(request)
        found = own_subscription(key, standing=standing)
        open_deliveries(found, actor=standing.actor)
        return _paged(request, deliveries_of(found, query.validated_data["progress"]), delivery_answer, self)


class Resend(APIView):
    """Send dead letters again."""

    scope = "subscriptions"

    @extend_schema(
        operation_id="resend",
        summary="Send dead letters again · 重发",
        request=ResendRequest,
        responses={200: ResendAnswer, **problems(400, 401, 403, 404, 406, 413, 415, 429, 503)},
        examples=RESEND_EXAMPLES,
        tags=["subscriptions"],
    )
    def post(self, request: Request, key: UUID) -> Response:
        """Let dead letters wait again, those named or all; their ids stay the same."""
        given = ResendRequest(data=request.data)
        given.is_valid(raise_exception=True)
        standing = standing_of(request)
        found = own_subscription(key, standing=standing)
        count = resend(found, deliveries=given.validated_data["deliveries"], actor=standing.actor)
        return Response(ResendAnswer({"resent": count}).data, headers=_NO_STORE)


def _answered(request: Request, key: UUID) -> Response:
    found = own_subscription(key, standing=standing_of(request))
    return Response(subscription_answer(found), headers=_NO_STORE)


def _paged(request: Request, rows: Any, answer: Any, view: APIView) -> Response:
    pages = Pages()
    page = pages.paginate_queryset(rows, request, view=view) or []
    response = pages.get_paginated_response([answer(row) for row in page])
    response["Cache-Control"] = "no-store"
    return response
