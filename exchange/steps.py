"""The conditions of the access decision one by one: what each asks, and whether it holds. Pure."""

from dataclasses import dataclass

from exchange.access import CONDITIONS, Question
from foundation.reasons import Both, Grounds

ASKS: tuple[Both, ...] = (
    Both("系统或人员在用，且属于某个部门", "who asks is active and belongs to a department"),
    Both("写明用途", "a purpose is stated"),
    Both("写明办件或经办人；查看字段须有办件", "a case or an operator is named; to see fields, a case"),
    Both("事项存在", "the item exists"),
    Both("事项已施行", "the item is in force"),
    Both("事项由本部门办理或受理", "the department handles the item, or its acceptance"),
    Both("事项需要该类证照", "the item needs the licence type"),
    Both("有使用该类证照的权利", "there is a right of use"),
    Both("须授权的，持证人已授权", "where the type asks for it, the holder authorised the use"),
    Both("未超过频率限制", "the rate is kept"),
)
"""What each of `CONDITIONS` asks, in their order."""


@dataclass(frozen=True, slots=True)
class Step:
    """One condition as it was judged; `refusal` says what would change the answer, None where it holds."""

    asks: Both
    refusal: Grounds | None


def steps(question: Question) -> list[Step]:
    """Judge every condition by itself, in their order: `decide` answers with the first refusal among them."""
    return [Step(asks, condition(question)) for asks, condition in zip(ASKS, CONDITIONS, strict=True)]
