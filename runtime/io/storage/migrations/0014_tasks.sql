-- What is known of hosts beside their samples, templates, the tasks made of them, and requests that may come again.

-- Hardware and system as they were collected, JSON.
create table host_information (
  host bigint not null primary key,
  body longtext not null,
  updated_ms bigint not null,
  foreign key (host) references host (n)
) ${clustered};

-- Playbooks; their texts are contents.
create table deploy_template (
  n ${identity},
  owner varchar(40) not null,
  template_name varchar(64) not null,
  content bigint not null,
  description varchar(256) not null,
  created_ms bigint not null
) ${table};
create unique index deploy_template_name on deploy_template (owner, template_name);

create table deploy_task (
  n ${identity},
  id varchar(64) not null,
  owner varchar(40) not null,
  username varchar(40) not null,
  task_name varchar(50) not null,
  description varchar(256) not null,
  steps longtext not null,
  vars longtext not null,
  created_ms bigint not null
) ${table};
create unique index deploy_task_id on deploy_task (id);
create index deploy_task_owner on deploy_task (owner, task_name);

-- The templates a task froze.
create table deploy_task_template (
  task bigint not null,
  position bigint not null,
  template_name varchar(64) not null,
  content bigint not null,
  primary key (task, position),
  foreign key (task) references deploy_task (n)
) ${clustered};

-- Its hosts, as they were called; a host that was deleted since stays named.
create table deploy_task_host (
  task bigint not null,
  position bigint not null,
  host_id varchar(40) not null,
  host_name varchar(50) not null,
  primary key (task, position),
  foreign key (task) references deploy_task (n)
) ${clustered};

create table deploy_task_group (
  task bigint not null,
  host_group bigint not null,
  primary key (task, host_group),
  foreign key (task) references deploy_task (n),
  foreign key (host_group) references host_group (n)
) ${clustered};
create index deploy_task_group_group on deploy_task_group (host_group);

-- Answers of requests that came with a key. `request`: digest of user and key; `digest`: of what was asked.
create table repeatable_request (
  n ${identity},
  request varchar(64) not null,
  username varchar(40) not null,
  digest varchar(64) not null,
  reply longtext not null,
  created_ms bigint not null
) ${table};
create unique index repeatable_request_request on repeatable_request (request);
create index repeatable_request_age on repeatable_request (username, created_ms);
