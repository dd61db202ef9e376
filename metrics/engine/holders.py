"""The people who held a contact, however shortly.

Everyone between whom it changed hands stands in `hands`; where one person alone was ever given it, in `episodes.held_by`. Whoever had it
already when a reused thread began anew was not given it: for later contacts of a thread the spells have to be read. A seat that several
people share is no known person.
"""
from __future__ import annotations

_SHARED = "(select distinct agent_id from agents where is_shared)"


def holders_sql(among: str = "episodes") -> str:
    """SQL of ticket_no, episode and person, who may stand there more than once. among: a name that tells the contacts asked about by these keys."""
    only = f" join {among} a on a.ticket_no = x.ticket_no and a.episode = x.episode" if among != "episodes" else ""
    return f"""
        select x.ticket_no, x.episode, x.from_holder as person from hands x{only} where x.from_holder is not null
        union all select x.ticket_no, x.episode, x.to_holder from hands x{only} where x.to_holder is not null
        union all select x.ticket_no, x.episode, x.held_by from episodes x{only} where x.held_by is not null
        union all select s.ticket_no, s.episode, s.holder_id
                  from episodes x{only} join spells s on s.ticket_no = x.ticket_no and s.episode = x.episode left join {_SHARED} z on z.agent_id = s.holder_id
                  where x.episode > 1 and s.holder_id is not null and z.agent_id is null"""
