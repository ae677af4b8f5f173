-- What hosts measured, and how far.

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
