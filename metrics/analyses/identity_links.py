"""Which customers are one person, over all tools, and what says so?

One row per pair of customer records that share a strong key (e-mail, phone, the company's own customer number) and are
therefore one person; keys are shown as hashes, never in the clear. A key that too many customers of one tool share is a
shared mailbox or a placeholder: it joins nobody and is listed as not used. First a summary per tool: how many of its
customers are known in another tool too, and how many contacts have no known customer.
"""
from __future__ import annotations

from typing import Any

from metrics.engine import asking
from metrics.engine.engines import DuckDBEngine
from metrics.engine.metric import Option, Planted
from metrics.engine.scope import Scope

COLUMNS = {
    "level": "tool (a summary), link (two records that are one person) or not_used (a key that joins nobody)",
    "source": "the tool",
    "customers": "its customer records; for not_used those that share the key",
    "in_other_tools": "of them known in another tool too",
    "matched_share": "in_other_tools / customers",
    "contacts": "its contacts",
    "unknown_contacts": "of them without a known customer",
    "person": "the person, named after the smallest of the records",
    "customer_id": "one record",
    "other_id": "the other",
    "other_source": "the other's tool",
    "by": "the kinds of key they share: email, phone, external",
    "key": "the shared key, hashed",
}
OPTIONS = {"top": Option(100, "how many links at most")}
HAS_MOMENT = False
EXAMPLES = (
    Planted(says="The same address in the chat and at the desk: one person, by e-mail.", events="T1 09:00 created\nchat:C1 10:00 created",
            tickets={"T1": {"customer_id": "c1", "email_key": "k1"}, "chat:C1": {"customer_id": "v9", "email_key": "k1"}},
            finds=({"level": "link", "by": "email"}, {"level": "tool", "customers": 1, "in_other_tools": 1, "matched_share": 1, "contacts": 1, "unknown_contacts": 0})),
    Planted(says="Different addresses: two people.", events="T1 09:00 created\nchat:C1 10:00 created",
            tickets={"T1": {"customer_id": "c1", "email_key": "k1"}, "chat:C1": {"customer_id": "v9", "email_key": "k2"}}, never=({"level": "link"},)),
    Planted(says="An address that seven customers of one tool share joins nobody.", events="\n".join(f"T{i} 09:00 created" for i in range(7)) + "\nchat:C1 10:00 created",
            tickets={**{f"T{i}": {"customer_id": f"c{i}", "email_key": "info"} for i in range(7)}, "chat:C1": {"customer_id": "v9", "email_key": "info"}},
            finds=({"level": "not_used", "by": "email", "customers": 8},), never=({"level": "link"},)),
    Planted(says="A contact without a customer is counted.", events="T1 09:00 created", finds=({"level": "tool", "contacts": 1, "unknown_contacts": 1, "customers": 0},), rows=1),
)


def ask(engine: DuckDBEngine, scope: Scope) -> list[dict[str, Any]]:
    """Tools, links, keys that are not used."""
    top = asking.options(scope, OPTIONS)["top"]
    contacts, params = asking.contacts(engine, scope, ["f.ticket_id", "f.source", "f.person_id"])
    tools = engine.records(
        f"""
        select c.source, count(*) as contacts, @countif(c.person_id is null) as unknown_contacts,
            coalesce(max(k.customers), 0) as customers, coalesce(max(k.others), 0) as in_other_tools
        from ({contacts}) c left join (
            select c.source, count(*) as customers, @countif(p.tools > 1) as others from customers c
            join (select person_id, count(distinct source) as tools from customers group by person_id) p on p.person_id = c.person_id group by c.source) k on k.source = c.source
        group by c.source order by contacts desc, c.source""",
        params,
    )
    for tool in tools:
        tool["matched_share"] = tool["in_other_tools"] / tool["customers"] if tool["customers"] else None
    marks = ", ".join("?" * len(tools))
    sources = [tool["source"] for tool in tools]
    links = (
        engine.records(
            f"""
        select a.person_id as person, a.customer_id, a.source, b.customer_id as other_id, b.source as other_source,
            min(i.kind) as kind, max(i.kind) as other_kind, min(i.value_key) as key
        from identities i join identities j on j.kind = i.kind and j.value_key = i.value_key and j.customer_id > i.customer_id
        join customers a on a.customer_id = i.customer_id join customers b on b.customer_id = j.customer_id and b.person_id = a.person_id
        where a.source in ({marks}) or b.source in ({marks})
        group by a.person_id, a.customer_id, a.source, b.customer_id, b.source
        order by a.person_id, a.customer_id, b.customer_id limit {top}""",
            [*sources, *sources],
        )
        if tools
        else []
    )
    for link in links:
        link["by"] = " and ".join(sorted({link.pop("kind"), link.pop("other_kind")}))
    unused = (
        engine.records(
            f"""
        select i.kind as "by", i.value_key as key, count(distinct i.customer_id) as customers, min(c.source) as source
        from identities i join customers c on c.customer_id = i.customer_id where c.source in ({marks})
        group by i.kind, i.value_key having count(distinct c.customer_id) > 1 and count(distinct c.person_id) > 1 order by customers desc, i.value_key limit {top}""",
            sources,
        )
        if tools
        else []
    )
    rows = [{"level": "tool", **t} for t in tools] + [{"level": "link", **link} for link in links] + [{"level": "not_used", **u} for u in unused]
    return asking.table(rows, COLUMNS)
