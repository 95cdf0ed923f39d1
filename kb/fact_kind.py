"""The sorts of facts that an article states."""

from enum import StrEnum


class FactKind(StrEnum):
    """What sort of fact. The order is that in which a text is searched: what one kind has taken is not another's."""

    ADDRESS = "address"
    PHONE = "phone"
    CODE = "code"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    TIME_LIMIT = "time-limit"
    NUMBER = "number"
    STEP = "step"
    SAY = "say"
    DONT_SAY = "dont-say"
