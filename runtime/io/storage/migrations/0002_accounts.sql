-- Who may come in, and what was done.

create table account (
  n ${identity},
  username varchar(40) not null,
  password_hash varchar(255) not null,
  role varchar(20) not null,
  owner varchar(40) not null,
  must_change_password bigint not null,
  created_ms bigint not null
) ${table};
create unique index account_username on account (username);

create table session (
  n ${identity},
  token_hash varchar(64) not null,
  account bigint not null,
  created_ms bigint not null,
  last_used_ms bigint not null,
  foreign key (account) references account (n)
) ${table};
create unique index session_token_hash on session (token_hash);
create index session_account on session (account);

create table audit_log (
  n ${identity},
  time_ms bigint not null,
  username varchar(40) not null,
  address varchar(64) not null,
  action varchar(64) not null,
  entity varchar(255) not null,
  code bigint not null,
  detail varchar(1024) not null
) ${table};
create index audit_log_time on audit_log (time_ms);
create index audit_log_username on audit_log (username, time_ms);
