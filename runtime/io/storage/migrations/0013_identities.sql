-- What sessions hold, accounts that are closed, tokens of programs, and a chain over the audit log.

-- `vault_node`: the node that has the session's vault key in memory. Empty: none has.
alter table session add column vault_node varchar(40) not null default '';
alter table session add column address varchar(64) not null default '';

alter table account add column disabled bigint not null default 0;
create index account_owner on account (owner);

-- `expires_ms` 0: never; `last_used_ms` 0: not yet.
create table api_token (
  n ${identity},
  id varchar(40) not null,
  account bigint not null,
  name varchar(64) not null,
  token_hash varchar(64) not null,
  may_act bigint not null,
  created_ms bigint not null,
  expires_ms bigint not null,
  last_used_ms bigint not null,
  foreign key (account) references account (n)
) ${table};
create unique index api_token_id on api_token (id);
create unique index api_token_hash on api_token (token_hash);
create unique index api_token_name on api_token (account, name);

-- Each record's digest covers its content and the digest before it. `seq` counts without gaps; 0: from before the chain.
alter table audit_log add column owner varchar(40) not null default '';
alter table audit_log add column kind varchar(20) not null default 'operation';
alter table audit_log add column seq bigint not null default 0;
alter table audit_log add column digest varchar(64) not null default '';
update audit_log set kind = 'audit' where action like 'account.%';
create index audit_log_seq on audit_log (seq);
create index audit_log_owner on audit_log (owner, seq);

-- The newest record, the newest of those that were deleted for their age, and the last one from before the chain.
create table audit_chain (
  name varchar(40) not null primary key,
  seq bigint not null,
  digest varchar(64) not null,
  gone_seq bigint not null,
  gone_digest varchar(64) not null,
  before_n bigint not null
) ${clustered};
insert into audit_chain (name, seq, digest, gone_seq, gone_digest, before_n)
  select 'audit', 0, '', 0, '', coalesce(max(n), 0) from audit_log;
