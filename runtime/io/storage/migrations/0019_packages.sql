-- Versions of templates, the packages their roles and files are in, and when tasks run by themselves.

-- `digest`: SHA-256 of the archive, in hex; null while it is not whole, not checked, or being deleted. `listing`: its
-- files, one a line: bytes, digest, name. `texts`: its YAML files, an object of names to contents.
create table package_archive (
  n ${identity},
  digest varchar(64),
  bytes bigint not null,
  format varchar(10) not null,
  unpacked_bytes bigint not null,
  files bigint not null,
  is_template bigint not null,
  listing longtext not null,
  texts longtext not null,
  created_ms bigint not null
) ${table};
create unique index package_archive_digest on package_archive (digest);

create table package_chunk (
  archive bigint not null,
  position bigint not null,
  body longblob not null,
  primary key (archive, position),
  foreign key (archive) references package_archive (n)
) ${table};

create table package (
  n ${identity},
  owner varchar(40) not null,
  username varchar(40) not null,
  package_name varchar(64) not null,
  version varchar(64) not null,
  description varchar(256) not null,
  archive bigint not null,
  created_ms bigint not null,
  foreign key (archive) references package_archive (n)
) ${table};
create unique index package_name on package (owner, package_name, version);
create index package_of_archive on package (archive);

-- An upload under way; `touched_ms` says how long nothing came.
create table package_upload (
  n ${identity},
  owner varchar(40) not null,
  username varchar(40) not null,
  package_name varchar(64) not null,
  version varchar(64) not null,
  description varchar(256) not null,
  digest varchar(64) not null,
  total_bytes bigint not null,
  received_bytes bigint not null,
  pieces bigint not null,
  archive bigint not null,
  touched_ms bigint not null,
  foreign key (archive) references package_archive (n)
) ${table};
create unique index package_upload_name on package_upload (owner, package_name, version);
create index package_upload_age on package_upload (touched_ms);
create index package_upload_archive on package_upload (archive);

-- `settings`: content that says what may be chosen and how it runs; 0: nothing. `archive` 0: it has no package.
-- `shipped`: the release it came with, as long as nobody changed it.
alter table deploy_template add column version bigint not null default 1;
alter table deploy_template add column settings bigint not null default 0;
alter table deploy_template add column archive bigint not null default 0;
alter table deploy_template add column package_name varchar(64) not null default '';
alter table deploy_template add column package_version varchar(64) not null default '';
alter table deploy_template add column shipped varchar(64) not null default '';
alter table deploy_template add column username varchar(40) not null default '';

create index deploy_template_archive on deploy_template (archive);

-- What the template was before.
create table deploy_template_version (
  template bigint not null,
  version bigint not null,
  username varchar(40) not null,
  content bigint not null,
  settings bigint not null,
  archive bigint not null,
  package_name varchar(64) not null,
  package_version varchar(64) not null,
  description varchar(256) not null,
  created_ms bigint not null,
  primary key (template, version),
  foreign key (template) references deploy_template (n)
) ${clustered};
create index deploy_template_version_archive on deploy_template_version (archive);

-- As they were frozen.
alter table deploy_task_template add column version bigint not null default 1;
alter table deploy_task_template add column settings bigint not null default 0;
alter table deploy_task_template add column archive bigint not null default 0;
create index deploy_task_template_archive on deploy_task_template (archive);

-- Archives that a run needs, until it has ended.
create table run_package (
  run bigint not null,
  archive bigint not null,
  primary key (run, archive),
  foreign key (run) references run (job),
  foreign key (archive) references package_archive (n)
) ${clustered};
create index run_package_archive on run_package (archive);

-- `next_ms`: when it fires next; 0: it does not.
create table task_schedule (
  n ${identity},
  id varchar(64) not null,
  owner varchar(40) not null,
  username varchar(40) not null,
  schedule_name varchar(64) not null,
  task varchar(64) not null,
  expression varchar(200) not null,
  zone varchar(64) not null,
  missed varchar(10) not null,
  enabled bigint not null,
  vars longtext not null,
  next_ms bigint not null,
  due_ms bigint not null,
  execution varchar(128) not null,
  failure varchar(256) not null,
  created_ms bigint not null
) ${table};
create unique index task_schedule_id on task_schedule (id);
create unique index task_schedule_name on task_schedule (owner, schedule_name);
create index task_schedule_next on task_schedule (next_ms);
create index task_schedule_task on task_schedule (task);

-- What is due and was not started yet.
create table task_schedule_due (
  schedule bigint not null,
  due_ms bigint not null,
  primary key (schedule, due_ms),
  foreign key (schedule) references task_schedule (n)
) ${clustered};
