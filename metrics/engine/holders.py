"""The people who held a contact, however shortly.

Everyone between whom it changed hands stands in `hands`, who held it last in `episodes`: together they are all, whoever held it for
no second too. Only where one person held it and gave it back, or had it already when a reused thread began anew, or a shared seat had it
last, do the spells have to be read. A seat that several people share is no known person.
"""
from __future__ import annotations

_SHARED = "(select distinct agent_id from agents where is_shared)"


def holders_sql(among: str = "episodes") -> str:
    """SQL of ticket_no, episode and person, who may stand there more than once. among: a name that tells the contacts asked about by these keys."""
    only = f" join {among} a on a.ticket_no = x.ticket_no and a.episode = x.episode" if among != "episodes" else ""
    return f"""
        select x.ticket_no, x.episode, x.from_holder as person from hands x{only} where x.from_holder is not null
        union all select x.ticket_no, x.episode, x.to_holder from hands x{only} where x.to_holder is not null
        union all select x.ticket_no, x.episode, x.last_holder_id from episodes x{only} left join {_SHARED} y on y.agent_id = x.last_holder_id
                  where x.last_holder_id is not null and y.agent_id is null
        union all select s.ticket_no, s.episode, s.holder_id
                  from episodes x{only} left join {_SHARED} y on y.agent_id = x.last_holder_id join spells s on s.ticket_no = x.ticket_no and s.episode = x.episode
                  left join {_SHARED} z on z.agent_id = s.holder_id
                  where (x.episode > 1 or x.first_held_at is not null and (x.last_holder_id is null or y.agent_id is not null))
                    and s.holder_id is not null and z.agent_id is null"""
