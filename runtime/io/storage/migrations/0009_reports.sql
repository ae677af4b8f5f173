-- What diagnoses found.

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
