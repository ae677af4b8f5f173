-- Events that were never published: how many of each topic, for which reason, and when. `reason`: `too_many` waited;
-- `refused` by the queue.
create table outbox_loss (
  topic varchar(249) not null,
  reason varchar(20) not null,
  events bigint not null,
  first_ms bigint not null,
  last_ms bigint not null,
  primary key (topic, reason)
) ${clustered};
