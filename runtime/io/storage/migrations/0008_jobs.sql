-- Tasks and their units.

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
