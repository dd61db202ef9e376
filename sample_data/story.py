"""Lumen: the company, and every fault planted in its service, as data.

Lumen sells lamps and smart lighting (a hub, an app) to homes and to business customers. Its service answers in three
tools: `helpdesk` (Zendesk) for mail, web form, voicemail and the app's form; `chat` (Intercom) with a bot in front;
`crm` (Salesforce Service) for business customers. The same people write to all three.

The generator reads its numbers here and nowhere else, so a test can hold what a metric finds against what was planted.
Weeks are counted from 1; week 1 starts on Monday 2026-04-27 in Berlin. Shares are measured shares: what a fair count finds.
"""

from dataclasses import dataclass
from datetime import date, timedelta

SEED, CONTACTS, WEEKS = 14, 20_000, 26
FIRST_DAY = date(2026, 4, 27)
ZONE = "Europe/Berlin"
CUSTOMERS_PER_CONTACT = 0.45
BUSINESS_SHARE = 0.21  # of fresh contacts and of customers


def monday(week: int) -> date:
    """The first day of a week of the story (weeks count from 1)."""
    return FIRST_DAY + timedelta(weeks=week - 1)


OFFICE_DAYS = ("mon", "tue", "wed", "thu", "fri")
SCHEDULES = {
    "office": {day: (("09:00", "12:30"), ("13:15", "18:00")) for day in OFFICE_DAYS},
    "extended": {day: (("08:00", "20:00"),) for day in (*OFFICE_DAYS, "sat")},
}
"""Opening hours in Berlin. `office` closes on public holidays, `extended` (chat, the vendor) does not."""
_CLOSED = ("2026-05-01", "2026-05-14", "2026-05-25", "2026-10-03", "2026-12-25", "2026-12-26", "2027-01-01", "2027-03-08")
HOLIDAYS = tuple(date.fromisoformat(day) for day in _CLOSED)
"""Public holidays of Berlin. Weeks 1, 3 and 5 have one on a working day; 2026-10-03 falls on a Saturday."""


@dataclass(frozen=True)
class Queue:
    """Where contacts wait: its tool, its team, how many agents, and the usual wait before somebody takes one."""

    source: str
    name: str
    team: str
    tier: int
    agents: int
    wait_hours: float
    schedule: str = "office"
    vendor: str = ""


QUEUES = (
    Queue("helpdesk", "Triage", "Intake", 1, 2, 1.6),
    Queue("helpdesk", "Vendor First Line", "First line (Northwind)", 1, 5, 2.0, "extended", "Northwind"),
    Queue("helpdesk", "Orders", "Orders and returns", 1, 4, 3.2),
    Queue("helpdesk", "Returns", "Orders and returns", 1, 3, 2.8),
    Queue("helpdesk", "Billing", "Money", 2, 3, 2.6),
    Queue("helpdesk", "Risk", "Money", 2, 2, 3.4),
    Queue("helpdesk", "Tech Support", "Technology", 2, 5, 2.4),
    Queue("helpdesk", "Account Care", "Care", 1, 3, 2.4),
    Queue("chat", "Chat Orders", "Chat", 1, 3, 0.05, "extended"),
    Queue("chat", "Chat Tech", "Chat", 1, 2, 0.07, "extended"),
    Queue("chat", "Chat Care", "Chat", 1, 2, 0.05, "extended"),
    Queue("crm", "Queue - Business Support", "Business", 1, 3, 2.5),
    Queue("crm", "Queue - Contracts", "Business", 2, 2, 4.0),
    Queue("crm", "Queue - Key Accounts", "Business", 2, 3, 1.5),
)


@dataclass(frozen=True)
class Reason:
    """Why customers make contact, where it belongs, how hard it is, and who outside service owns its cause."""

    name: str
    at_home: int  # parts per hundred of what private customers ask
    at_work: int  # parts per hundred of what business customers ask
    helpdesk: str
    chat: str
    crm: str
    effort: float  # work per step, against the usual
    group: str
    owner: str
    action: str  # eliminate | pre-empt | digitise | streamline | leverage
    avoidable: float


_SUPPORT, _CONTRACTS = "Queue - Business Support", "Queue - Contracts"
REASONS = (
    Reason("order status", 14, 8, "Orders", "Chat Orders", _SUPPORT, 0.7, "Orders", "Logistics", "pre-empt", 0.8),
    Reason("late delivery", 9, 9, "Orders", "Chat Orders", _SUPPORT, 1.0, "Orders", "Logistics", "eliminate", 0.9),
    Reason("order change", 6, 6, "Orders", "Chat Orders", _SUPPORT, 0.8, "Orders", "Shop", "digitise", 0.6),
    Reason("return request", 9, 5, "Returns", "Chat Orders", _SUPPORT, 0.8, "Returns", "Shop", "digitise", 0.6),
    Reason("damaged item", 7, 8, "Returns", "Chat Orders", _SUPPORT, 1.1, "Returns", "Logistics", "eliminate", 0.9),
    Reason("invoice copy", 6, 9, "Billing", "Chat Care", _SUPPORT, 0.6, "Money", "Finance", "digitise", 0.9),
    Reason("wrong charge", 7, 7, "Billing", "Chat Care", _SUPPORT, 2.2, "Money", "Finance", "eliminate", 0.9),
    Reason("payment on hold", 8, 5, "Billing", "Chat Care", _SUPPORT, 2.0, "Money", "Payments", "streamline", 0.4),
    Reason("login problem", 10, 5, "Tech Support", "Chat Tech", _SUPPORT, 0.8, "App", "App team", "eliminate", 0.9),
    Reason("device setup", 8, 6, "Tech Support", "Chat Tech", _SUPPORT, 1.0, "Devices", "Product", "pre-empt", 0.5),
    Reason("app fault", 6, 4, "Tech Support", "Chat Tech", _SUPPORT, 2.4, "App", "App team", "eliminate", 0.9),
    Reason("account change", 5, 8, "Account Care", "Chat Care", _CONTRACTS, 0.7, "Account", "Shop", "digitise", 0.7),
    Reason("product advice", 4, 5, "Account Care", "Chat Care", _SUPPORT, 1.0, "Sales", "Marketing", "leverage", 0.0),
    Reason("contract question", 1, 15, "Account Care", "Chat Care", _CONTRACTS, 1.8, "Account", "Sales", "leverage", 0.1),
)
HARD_EFFORT = 1.5
"""From this effort on a reason is hard and goes to seniors."""


@dataclass(frozen=True)
class PingPong:
    """Tickets about money go Billing -> Risk -> Billing: seldom at first, often from a certain week on."""

    first: str = "Billing"
    second: str = "Risk"
    reasons: tuple[str, ...] = ("wrong charge", "payment on hold")
    from_week: int = 15
    share_before: float = 0.06
    share_after: float = 0.35
    second_round: float = 0.35  # of those that bounced once, bounce again


@dataclass(frozen=True)
class PassThrough:
    """Half of the mail stops in Triage, where nobody answers, notes or changes anything, and then goes on."""

    queue: str = "Triage"
    channel: str = "email"
    share: float = 0.50
    known_by_rule: tuple[str, ...] = ("order status", "late delivery", "order change", "invoice copy")
    """Mail about these is routed by a rule (order number, "copy") and never stops in Triage."""


@dataclass(frozen=True)
class WrongDoor:
    """A rule sends invoice copies to Tech Support, which always moves them on to Billing."""

    reason: str = "invoice copy"
    door: str = "Tech Support"
    right: str = "Billing"


@dataclass(frozen=True)
class WideChannel:
    """The web form: the median resolution of the other channels, a p90 four times theirs: one in five lands in a list
    that is opened now and then."""

    channel: str = "web"
    p90_factor: float = 4.0
    slow_share: float = 0.20
    slow_pace: float = 24.0  # factor on every wait of the slow ones
    usual_pace: float = 0.54  # and of the others, which keeps the median where the other channels have it


@dataclass(frozen=True)
class Release:
    """An app release breaks logins for some: more contacts, and more of them come back within seven days."""

    on: date = monday(19)
    reason: str = "login problem"
    lift: float = 0.40  # of all contacts of the reason, returns included
    fresh_lift: float = 0.20  # of people with the problem; the rest of the lift is people coming back
    extra_return_7d: float = 0.15


@dataclass(frozen=True)
class VendorBorder:
    """The vendor's first line gets the simple reasons and hands 35 % of them back to our own queues."""

    queue: str = "Vendor First Line"
    vendor: str = "Northwind"
    reasons: tuple[str, ...] = ("return request", "device setup", "account change", "product advice")
    given: float = 0.60
    handed_back: float = 0.35
    replied_before_handing_back: float = 0.40


@dataclass(frozen=True)
class BotReturns:
    """Chats the bot closed alone: the customer is back within three days far more often, partly in another tool."""

    bot_only: float = 0.45  # share of fresh chats
    bot_first: float = 0.85  # of the others, met by the bot before a person
    within_days: int = 3
    returns_after_bot: float = 0.45
    returns_elsewhere: float = 0.12
    other_tool: float = 0.45  # of the returns after the bot
    later: float = 0.03  # and everywhere a few more come back in days 4 to 14


@dataclass(frozen=True)
class ReusedThreads:
    """Chat threads in which the customer asks something new at least 40 days after it was closed: two contacts each."""

    threads: int = 24
    from_days: int = 40
    to_days: int = 65


@dataclass(frozen=True)
class CleanUp:
    """Tickets left lying are solved in bulk in one week, all older than 60 days: not a bad week, only an honest one."""

    week: int = 22
    tickets: int = 250
    older_than_days: int = 60
    queues: tuple[str, ...] = ("Tech Support", "Returns")
    share: float = 0.37  # of what fits in these queues until then, up to `tickets`


@dataclass(frozen=True)
class Outage:
    """One bad day: incidents of one problem ticket, answered with one text and solved together."""

    on: date = date(2026, 7, 14)
    contacts: int = 180
    tag: str = "outage-2026-07-14"
    reason: str = "app fault"
    queue: str = "Tech Support"


@dataclass(frozen=True)
class SpamFlood:
    """One night of spam, thrown away next morning: most deleted (no audits left), the rest closed."""

    on: date = date(2026, 6, 24)
    tickets: int = 120
    deleted: int = 75
    tag: str = "spam"


@dataclass(frozen=True)
class Decision:
    """A dated change, what it was meant to do, and what it truly did (`effect`; 0 is nothing)."""

    on: date
    what: str
    who: str
    kind: str
    scope: str
    metric: str
    expected: str
    effect: float


@dataclass(frozen=True)
class Faults:
    """Rows no tool should write: so many of each, in files that are otherwise in order."""

    helpdesk_solved_before_created: int = 6
    helpdesk_no_requester: int = 5
    helpdesk_unknown_status: int = 5
    helpdesk_malformed_date: int = 3
    chat_unknown_state: int = 4
    chat_malformed_date: int = 2
    chat_without_user: int = 60
    crm_closed_before_opened: int = 4
    crm_unknown_status: int = 4
    crm_malformed_date: int = 2
    crm_without_contact: int = 25
    unknown_helpdesk_status: str = "parked"
    unknown_chat_state: str = "archived"
    unknown_crm_status: str = "Legal Hold"


@dataclass(frozen=True)
class Rest:
    """The smaller truths: what else is in the files, and about how much of it."""

    proactive: int = 60  # tickets our side started
    merged: int = 90  # duplicates closed by merge
    follow_ups: int = 140  # mails to a closed ticket, which became a new one
    linked_chats: int = 180  # chats that became a helpdesk ticket: one contact, two rows
    reopened: float = 0.06  # of solved tickets; four in ten only say thanks
    thank_you: float = 0.40
    open_at_end: tuple[float, float] = (0.03, 0.05)
    senior_gets_hard: float = 0.85
    agent_effect: float = 0.0  # every agent draws from the same times


PING_PONG, PASS_THROUGH, WRONG_DOOR, WIDE_CHANNEL = PingPong(), PassThrough(), WrongDoor(), WideChannel()
RELEASE, VENDOR_BORDER, BOT_RETURNS, REUSED_THREADS = Release(), VendorBorder(), BotReturns(), ReusedThreads()
CLEAN_UP, OUTAGE, SPAM_FLOOD, FAULTS, REST = CleanUp(), Outage(), SpamFlood(), Faults(), Rest()

ANSWER_FIRST = Decision(
    monday(18), "Orders answers before it files", "Head of Orders and returns", "ours",
    "queue=Orders", "first_response_time_business", "-50%", -0.50,
)  # fmt: skip
NEW_TEMPLATES = Decision(
    monday(13), "New reply templates in Chat Orders", "Head of Chat", "ours",
    "queue=Chat Orders", "first_response_time_business", "-20%", 0.0,
)  # fmt: skip
APP_RELEASE = Decision(
    RELEASE.on, "App release 5.0 with a new sign-in", "App team", "business",
    f"reason={RELEASE.reason}", "contacts", "0%", RELEASE.lift,
)  # fmt: skip
LATE_SHIFT = Decision(
    monday(26), "Second late shift in Billing", "Head of Money", "ours",
    "queue=Billing", "resolution_time", "-10%", 0.0,
)  # fmt: skip
DECISIONS = (NEW_TEMPLATES, ANSWER_FIRST, APP_RELEASE, LATE_SHIFT)
"""One that works, one without effect, one of the business with a cost, and one too young to judge."""
