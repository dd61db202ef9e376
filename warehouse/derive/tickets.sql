-- One row per ticket: what its streams say together, column by column the stream of better fidelity first.
-- A ticket known only from events begins there with nothing else known.
with ranked as (
    select r.*, case fidelity when 'events' then 0 when 'snapshot' then 1 else 2 end as stream_rank,
           count(*) over (partition by ticket_id) as streams
    from ticket_rows r
),
single as (
    select /*columns*/, ticket_id, source, version_at from ranked where streams = 1
),
several as (
    select /*first_by_rank*/, ticket_id, min(source) as source, max(version_at) as version_at
    from ranked where streams > 1 group by ticket_id
),
known as (
    select * from single union all select * from several
),
only_events as (
    select e.ticket_id, min(e.source) as source
    from events e left join known k on k.ticket_id = e.ticket_id
    where k.ticket_id is null
    group by e.ticket_id
)
select * from known
union all
select /*nulls*/, ticket_id, source, null as version_at from only_events
