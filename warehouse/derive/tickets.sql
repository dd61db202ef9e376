-- One row per ticket: what its streams say together, column by column the stream of better fidelity first.
-- A ticket known only from events begins there with nothing else known. `ticket_no` is the short key by which derived
-- tables are joined: joins by the text of an id cost five times as much.
with several_ids as (
    select ticket_id from ticket_rows group by ticket_id having count(*) > 1
),
several as (
    select /*first_by_rank*/, r.ticket_id, min(r.source) as source, max(r.version_at) as version_at
    from (select *, case fidelity when 'events' then 0 when 'snapshot' then 1 else 2 end as stream_rank from ticket_rows) r
    join several_ids s on s.ticket_id = r.ticket_id
    group by r.ticket_id
),
only_events as (
    select e.ticket_id, min(e.source) as source
    from events e
    left join ticket_rows k on k.ticket_id = e.ticket_id
    where k.ticket_id is null
    group by e.ticket_id
),
united as (
    select /*columns*/, r.ticket_id, r.source, r.version_at
    from ticket_rows r left join several_ids s on s.ticket_id = r.ticket_id
    where s.ticket_id is null
    union all
    select * from several
    union all
    select /*nulls*/, ticket_id, source, null as version_at from only_events
)
select *, nextval('ticket_numbers') as ticket_no from united
