"""What is loaded, and whether every invariant of the store holds."""
from __future__ import annotations

from typing import Any

from warehouse.model import EVENT_KINDS, STATES
from warehouse.store import Folder, reading


def status(folder: Folder) -> dict[str, Any]:
    """The served load, its sources with rows and coverage, and the loads before it."""
    if folder.current_load() is None:
        return {"load_id": None, "says": f"nothing has been loaded into {folder.root} yet", "sources": [], "loads": []}
    with reading(folder) as con:
        about = dict(con.execute("SELECT name, value FROM about").fetchall())
        sources = [{"source": s, "tickets": n} for s, n in con.execute("SELECT source, count(*) FROM tickets GROUP BY source ORDER BY source").fetchall()]
        for source in sources:
            source["streams"] = [{"stream": st, "fidelity": f, "from": a, "until": z} for st, f, a, z in con.execute(
                "SELECT stream, fidelity, from_at, until_at FROM coverage WHERE source = ? ORDER BY stream", [source["source"]]).fetchall()]
            source["files"] = [{"file": n, "load_id": i, "rows": r, "loaded": lo, "unchanged": u, "refused": x} for n, i, r, lo, u, x in con.execute(
                "SELECT name, load_id, rows, loaded, unchanged, refused FROM files WHERE source = ? ORDER BY file_no", [source["source"]]).fetchall()]
        loads = [{"load_id": i, "source": s, "kind": k, "at": t, "seconds": sec} for i, s, k, t, sec in con.execute(
            "SELECT load_id, source, kind, started_at, seconds FROM loads ORDER BY load_no").fetchall()]
    return {"load_id": about["load_id"], "time_zone": about.get("report_zone"), "data_until": about.get("data_until") or None, "sources": sources, "loads": loads}


INVARIANTS = {
    "every file's rows are loaded, unchanged or refused": "SELECT count(*) FROM files WHERE rows <> loaded + unchanged + refused",
    "every ticket is known once": "SELECT count(*) - count(DISTINCT ticket_id) FROM tickets",
    "every contact is known once": "SELECT count(*) FROM (SELECT 1 FROM ticket_facts GROUP BY ticket_id, episode HAVING count(*) > 1)",
    "every contact belongs to a ticket": "SELECT count(*) FROM ticket_facts WHERE ticket_id NOT IN (SELECT ticket_id FROM tickets)",
    "every event is of a known kind": f"SELECT count(*) FROM events WHERE kind NOT IN {EVENT_KINDS}",
    "every state is one of the six": f"SELECT count(*) FROM tickets WHERE state IS NOT NULL AND state NOT IN {STATES}",
    "no spell runs backwards": "SELECT count(*) FROM spells WHERE until_at < from_at",
    "an open contact has no end": "SELECT count(*) FROM ticket_facts WHERE is_open AND ended_at IS NOT NULL",
    "the ledger's weeks add up to its spells": """
        SELECT CASE WHEN (SELECT coalesce(sum(queue_seconds + held_seconds + touched_seconds + customer_seconds + others_seconds + resolved_seconds), 0)
            FROM hours)
        = (SELECT coalesce(sum(floor(epoch(until_at)) - floor(epoch(from_at))), 0) FROM spells WHERE until_at IS NOT NULL) THEN 0 ELSE 1 END""",
}


def check(folder: Folder) -> dict[str, Any]:
    """Run every invariant on the served snapshot; ok is true where all hold."""
    with reading(folder) as con:
        broken = {says: n for says, sql in INVARIANTS.items() if (n := con.execute(sql).fetchone()[0])}
    return {"ok": not broken, "load_id": folder.current_load(), "checked": len(INVARIANTS), "broken": broken}
