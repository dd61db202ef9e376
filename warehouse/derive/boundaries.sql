-- Where a reused thread becomes a new contact: the customer writes more than the reopen window after the last
-- resolution. Each boundary is a new beginning, placed right
-- before the word that woke the thread; reads `timeline` made without boundaries, of sources that reuse threads.
with settled as (
    select t.*, r.reopen_window_seconds,
           @known_before(case when t.state in ('resolved', 'closed') and coalesce(t.state_before, 'new') not in ('resolved', 'closed') then t.pos end,
                         partition by t.ticket_no order by t.pos) as settle_pos,
           @known_before(case when t.state in ('resolved', 'closed') and coalesce(t.state_before, 'new') not in ('resolved', 'closed') then t.occurred_at end,
                         partition by t.ticket_no order by t.pos) as settled_at
    from timeline t
    cross join reopening r
),
wakes as (
    select ticket_no, occurred_at, place, seq, ordinal,
           row_number() over (partition by ticket_no, settle_pos order by pos) as wake_no
    from settled
    where implied <> 2   -- a boundary found before wakes nothing
      and state_before in ('resolved', 'closed') and settled_at is not null and @secs(settled_at, occurred_at) > reopen_window_seconds
      and (kind = 'customer_message'
           or (state not in ('resolved', 'closed')
               and (actor_kind = 'customer' or (next_kind = 'customer_message' and @secs(occurred_at, next_at) <= 60))))
)
select ticket_no, occurred_at, @kind('created') as kind, @state('new') as state, cast(null as varchar) as place_or_person,
       @actor('customer') as actor_kind, @cause(null) as cause, cast(2 as tinyint) as implied, place, seq, ordinal
from wakes where wake_no = 1
