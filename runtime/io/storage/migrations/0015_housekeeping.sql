-- Refusals that come again and again, and what left the store for files.

-- Of refusals that are alike the first is a record of the log; `more` counts those after it until the time is over.
create table audit_refusal (
  n ${identity},
  username varchar(40) not null,
  address varchar(64) not null,
  action varchar(64) not null,
  code bigint not null,
  owner varchar(40) not null,
  detail varchar(1024) not null,
  more bigint not null,
  since_ms bigint not null,
  last_ms bigint not null
) ${table};
create unique index audit_refusal_alike on audit_refusal (username, address, action, code);
create index audit_refusal_since on audit_refusal (since_ms);

-- The last dump of each kind whose rows are deleted. `store` tells the files of stores apart that share a directory.
create table dump (
  kind varchar(20) not null primary key,
  store varchar(40) not null,
  number bigint not null
) ${clustered};
