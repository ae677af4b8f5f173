-- What is not well now, whom that is told to, and why hosts do not answer.

-- One row for each instance of a rule that is not well; moves in the transaction of the round that found it. `instance` is
-- empty for a rule that has one only, else the digest of its labels. `firing`: it is an alert.
create table alert (
  n ${identity},
  id varchar(40) not null,
  owner varchar(40) not null,
  host bigint not null,
  check_item varchar(256) not null,
  instance varchar(64) not null,
  labels longtext not null,
  value varchar(64) not null,
  severity varchar(20) not null,
  firing bigint not null,
  since_ms bigint not null,
  reason varchar(256) not null,
  foreign key (host) references host (n)
) ${table};
create unique index alert_instance on alert (host, check_item, instance);
create index alert_owner on alert (owner, firing, since_ms);
create index alert_item on alert (owner, check_item);

-- One row for each alert and receiver, from its beginning until its end has been told. `slot` says which node tells it.
-- `times`: how often its beginning was told; `ended_ms` 0: it lasts; `tried_ms`: the first of `attempts` that failed in a
-- row. The alert is told as `body` has it, whatever became of its host and rule.
create table notice (
  n ${identity},
  alert varchar(40) not null,
  receiver varchar(64) not null,
  slot bigint not null,
  body longtext not null,
  times bigint not null,
  ended_ms bigint not null,
  ended_as varchar(64) not null,
  ended_reason varchar(256) not null,
  attempts bigint not null,
  tried_ms bigint not null,
  due_ms bigint not null
) ${table};
create unique index notice_alert on notice (alert, receiver);
create index notice_due on notice (due_ms);

alter table host add column scrape_error varchar(256) not null default '';
