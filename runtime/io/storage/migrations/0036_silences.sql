-- When nobody is told of alerts, and what alerts say of their rules.

-- `body`: what it is about, and when it comes again, as JSON (`silence_terms`). `end_ms` is far ahead for one that never ends.
create table silence (
  n ${identity},
  id varchar(40) not null,
  owner varchar(40) not null,
  username varchar(40) not null,
  body longtext not null,
  start_ms bigint not null,
  end_ms bigint not null,
  created_ms bigint not null,
  ended_by varchar(40) not null default ''
) ${table};
create unique index silence_id on silence (id);
create index silence_owner on silence (owner, end_ms);
create index silence_end on silence (end_ms);

-- The groups of those that name some. A group that is deleted leaves: another one may get its key.
create table silence_group (
  silence bigint not null,
  host_group bigint not null,
  primary key (silence, host_group)
) ${clustered};
create index silence_group_group on silence_group (host_group);

-- Labels and annotations that a rule gives its alerts, filled in: who is told later hears of them, too.
alter table alert add column rule_labels longtext not null default '';
alter table alert add column annotations longtext not null default '';

-- `silence`: because of which it is not told now; empty: it is. `held` 1: from its beginning, nobody can have heard of it.
alter table notice add column silence varchar(40) not null default '';
alter table notice add column held bigint not null default 0;
create index notice_silence on notice (silence);
