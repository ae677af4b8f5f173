-- What checks found.

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
