-- What is to be published to a message queue, and what came from there and could not be used.

-- Events wait here from the transaction that made them until the queue has them. `batch`: which transaction of the queue
-- publishes them, empty while none does. `message_key` and `body` are null where the message has none.
create table outbox_event (
  n ${identity},
  event_id varchar(128) not null,
  topic varchar(249) not null,
  message_key longblob,
  body longblob,
  headers longtext not null,
  batch varchar(40) not null default ''
) ${table};
create index outbox_event_batch on outbox_event (batch, n);

-- Messages that could not be used. `id` follows from where the message stood, so that the same one comes once. `state`:
-- `kept`, `replayed`, `dropped`; the latter two without content. `owner` is empty where the message did not tell.
create table dead_message (
  n ${identity},
  id varchar(40) not null,
  owner varchar(40) not null,
  topic varchar(249) not null,
  part bigint not null,
  place bigint not null,
  time_ms bigint not null,
  seen_ms bigint not null,
  reason varchar(40) not null,
  detail varchar(512) not null,
  state varchar(20) not null,
  bytes bigint not null,
  message_key longblob,
  body longblob,
  headers longtext not null
) ${table};
create unique index dead_message_id on dead_message (id);
create index dead_message_topic on dead_message (topic, n);
create index dead_message_seen on dead_message (seen_ms);
