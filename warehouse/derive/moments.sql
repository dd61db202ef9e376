-- The timeline cut into contacts (episodes) and stays. A stay is a run in one queue; an unknown queue is bridged.
select t.*,
       1 + sum(case when implied = 2 then 1 else 0 end) over (partition by ticket_id order by pos rows between unbounded preceding and current row) as episode,
       sum(case when implied = 2 or (queue_id is not null and (queue_before is null or queue_before <> queue_id)) then 1 else 0 end)
           over (partition by ticket_id order by pos rows between unbounded preceding and current row) as stay_no,
       case when coalesce(lead(implied) over (partition by ticket_id order by pos), 2) = 2 then 1 else 0 end as is_last
from timeline t
