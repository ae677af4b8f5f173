-- The schema of one node and of many. Times are milliseconds UTC. `n` is the integer key of a row; public ids stand
-- beside it. Words that either engine reserves are avoided.

-- What every node reads once a second: a number grows when its subject changed.
create table meta (
  name varchar(40) not null primary key,
  version bigint not null
) ${clustered};
insert into meta (name, version) values ('rules', 1), ('hosts', 1), ('sessions', 1), ('slot_map', 1);

-- -- cluster ---------------------------------------------------------------------------------------

create table node (
  id varchar(40) not null primary key,
  incarnation bigint not null,
  address varchar(255) not null,
  protocol bigint not null,
  state varchar(20) not null,
  until_ms bigint not null
) ${clustered};

create table lease (
  name varchar(40) not null primary key,
  holder varchar(40) not null,
  epoch bigint not null,
  seq bigint not null,
  until_ms bigint not null
) ${clustered};
insert into lease (name, holder, epoch, seq, until_ms) values ('leader', '', 1, 0, 0);

create table slot (
  slot bigint not null primary key,
  node varchar(40) not null,
  epoch bigint not null,
  seq bigint not null
) ${clustered};
insert into slot (slot, node, epoch, seq)
  with recursive numbers (k) as (select 0 union all select k + 1 from numbers where k < 255)
  select k, '', 1, 0 from numbers;

-- -- accounts --------------------------------------------------------------------------------------

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

-- -- hosts -----------------------------------------------------------------------------------------

create table host_group (
  n ${identity},
  owner varchar(40) not null,
  name varchar(50) not null,
  description varchar(256) not null
) ${table};
create unique index host_group_name on host_group (owner, name);

create table group_grant (
  account bigint not null,
  host_group bigint not null,
  primary key (account, host_group),
  foreign key (account) references account (n),
  foreign key (host_group) references host_group (n)
) ${clustered};
create index group_grant_group on group_grant (host_group);

create table host (
  n ${identity},
  id varchar(40) not null,
  owner varchar(40) not null,
  name varchar(50) not null,
  ip varchar(45) not null,
  host_group bigint not null,
  ssh_port bigint not null,
  management bigint not null,
  exporter_port bigint,
  slot bigint not null,
  status varchar(20) not null,
  status_since_ms bigint not null,
  created_ms bigint not null,
  foreign key (host_group) references host_group (n)
) ${table};
create unique index host_id on host (id);
create unique index host_name on host (owner, name);
create unique index host_ip on host (owner, ip);
create index host_owner on host (owner);
create index host_slot on host (slot);
create index host_of_group on host (host_group);

create table host_credential (
  host bigint not null primary key,
  body longblob not null,
  foreign key (host) references host (n)
) ${clustered};

create table vault_verifier (
  owner varchar(40) not null primary key,
  body longblob not null
) ${clustered};

-- -- rules and trees -------------------------------------------------------------------------------

-- Rules and trees by digest, as they came. Never deleted while something may refer to them.
create table content (
  n ${identity},
  digest varchar(64) not null,
  kind varchar(20) not null,
  body longtext not null
) ${table};
create unique index content_digest on content (digest);

create table check_rule (
  n ${identity},
  owner varchar(40) not null,
  check_item varchar(256) not null,
  content bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null
) ${table};
create unique index check_rule_item on check_rule (owner, check_item);

create table diag_tree (
  n ${identity},
  owner varchar(40) not null,
  tree_name varchar(256) not null,
  content bigint not null,
  description varchar(1024) not null,
  tags longtext not null,
  created_ms bigint not null,
  updated_ms bigint not null
) ${table};
create unique index diag_tree_name on diag_tree (owner, tree_name);

-- -- samples ---------------------------------------------------------------------------------------

create table host_cursor (
  host bigint not null primary key,
  since_ms bigint not null,
  until_ms bigint not null,
  rule_set_digest varchar(64) not null,
  epoch bigint not null,
  foreign key (host) references host (n)
) ${clustered};

create table deviation (
  host bigint not null,
  check_item varchar(256) not null,
  start_ms bigint not null,
  end_ms bigint not null,
  reason varchar(255) not null,
  primary key (host, check_item, start_ms),
  foreign key (host) references host (n)
) ${clustered};

create table series (
  host bigint not null,
  slot bigint not null,
  name varchar(512) not null,
  labels longtext not null,
  primary key (host, slot),
  foreign key (host) references host (n)
) ${clustered};

-- `bytes` is the length of `body`, so that sums are read from an index alone.
create table sample (
  n ${identity},
  host bigint not null,
  time_ms bigint not null,
  bytes bigint not null,
  body longblob not null,
  foreign key (host) references host (n)
) ${table};
create unique index sample_host on sample (host, time_ms);
create index sample_age on sample (time_ms, host, bytes);

create table sample_chunk (
  n ${identity},
  host bigint not null,
  from_ms bigint not null,
  until_ms bigint not null,
  bytes bigint not null,
  body longblob not null,
  foreign key (host) references host (n)
) ${table};
create index sample_chunk_host on sample_chunk (host, from_ms);
create index sample_chunk_age on sample_chunk (until_ms, bytes);

-- -- results ---------------------------------------------------------------------------------------

-- Origin 0 is the engine, 1 is what others saved. `mark` completes the key: of the engine's rows the value (1 Abnormal,
-- 2 No data, 3 Internal error), of others their end. `long_start_ms` is the start of intervals longer than an hour, else
-- null: a search for what touches a range looks an hour back among all and a day back among these few.
create table check_result (
  n ${identity},
  owner varchar(40) not null,
  host bigint not null,
  check_item varchar(256) not null,
  origin bigint not null,
  mark bigint not null,
  start_ms bigint not null,
  end_ms bigint not null,
  value varchar(64) not null,
  rule bigint not null,
  long_start_ms bigint,
  foreign key (host) references host (n)
) ${table};
create unique index check_result_host on check_result (host, check_item, start_ms, origin, mark);
create index check_result_host_start on check_result (host, start_ms, end_ms);
create index check_result_start on check_result (owner, start_ms, end_ms);
create index check_result_end on check_result (owner, end_ms);
create index check_result_item on check_result (owner, check_item, start_ms);
create index check_result_long on check_result (owner, long_start_ms, end_ms);

-- Rows of `check_result` per value; moves in the same transactions.
create table result_count (
  owner varchar(40) not null,
  host bigint not null,
  value varchar(64) not null,
  total bigint not null,
  primary key (owner, host, value)
) ${clustered};

-- -- jobs and reports ------------------------------------------------------------------------------

create table job (
  n ${identity},
  id varchar(128) not null,
  kind varchar(20) not null,
  owner varchar(40) not null,
  username varchar(40) not null,
  slot bigint not null,
  state varchar(20) not null,
  epoch bigint not null,
  idempotency_key varchar(255),
  expected bigint not null,
  finished bigint not null,
  failed bigint not null,
  last_number bigint not null,
  stored bigint not null,
  created_ms bigint not null,
  deadline_ms bigint not null,
  plan_version bigint not null,
  plan longtext not null
) ${table};
create unique index job_id on job (id);
create unique index job_key on job (owner, idempotency_key);
create index job_open on job (state, slot);
create index job_owner on job (owner, kind, created_ms);

create table job_unit (
  job bigint not null,
  unit bigint not null,
  state varchar(20) not null,
  attempts bigint not null,
  primary key (job, unit),
  foreign key (job) references job (n)
) ${clustered};

-- The trees a plan froze.
create table job_tree (
  job bigint not null,
  position bigint not null,
  tree_name varchar(256) not null,
  content bigint not null,
  primary key (job, position),
  foreign key (job) references job (n)
) ${clustered};

create table report (
  n ${identity},
  report_id varchar(40) not null,
  job bigint not null,
  number bigint not null,
  owner varchar(40) not null,
  host_id varchar(64) not null,
  tree_name varchar(256) not null,
  tree bigint not null,
  start_ms bigint not null,
  end_ms bigint not null,
  foreign key (job) references job (n)
) ${table};
create unique index report_id on report (report_id);
create unique index report_number on report (job, number);
create index report_start on report (owner, start_ms, end_ms);
create index report_host on report (host_id, start_ms);

-- What only one report's reader needs: lists stay small.
create table report_body (
  report ${key},
  node_values longblob not null,
  detail longtext not null,
  content_hash varchar(64) not null,
  error longtext not null,
  foreign key (report) references report (n)
) ${table};
