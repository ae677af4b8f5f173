-- Runs of deployment tasks. A run is a job; what is its alone stands here.

-- `job`: key of its job. `wish`: what its user wants of it, for its owner to see. `approved_step`, `approved_batch`: the
-- batch that may begin though approval is needed before it. `finished`: steps on hosts that ended. `events`: number of the
-- newest event, `event_bytes`: size of all that are kept. `worked_ms`: how long it has been at work, without the time in
-- which it waited for its user or for a node.
create table run (
  job bigint not null primary key,
  id varchar(64) not null,
  owner varchar(40) not null,
  username varchar(40) not null,
  task_id varchar(64) not null,
  task_name varchar(50) not null,
  state varchar(24) not null,
  reason varchar(512) not null,
  is_check bigint not null,
  retry_of varchar(64) not null,
  wish varchar(20) not null,
  step bigint not null,
  approved_step bigint not null,
  approved_batch bigint not null,
  events bigint not null,
  event_bytes bigint not null,
  created_ms bigint not null,
  started_ms bigint not null,
  ended_ms bigint not null,
  worked_ms bigint not null,
  foreign key (job) references job (n)
) ${clustered};
create unique index run_id on run (id);
create index run_owner on run (owner, created_ms);
create index run_task on run (owner, task_id, created_ms);
create index run_state on run (state, username);
create index run_ended on run (ended_ms, job);

-- Its steps in the order in which they run.
create table run_step (
  run bigint not null,
  position bigint not null,
  step_name varchar(64) not null,
  state varchar(20) not null,
  batches bigint not null,
  started_ms bigint not null,
  ended_ms bigint not null,
  message varchar(512) not null,
  primary key (run, position),
  foreign key (run) references run (job)
) ${clustered};

-- Its hosts, as they were called; `first_step`: position of the step with which each begins.
create table run_target (
  run bigint not null,
  number bigint not null,
  host_id varchar(40) not null,
  host_name varchar(50) not null,
  first_step bigint not null,
  primary key (run, number),
  foreign key (run) references run (job)
) ${clustered};
create index run_target_host on run_target (host_id, run);

-- A step on a host, from the moment in which it may act.
create table run_host (
  run bigint not null,
  step bigint not null,
  number bigint not null,
  state varchar(20) not null,
  attempts bigint not null,
  started_ms bigint not null,
  ended_ms bigint not null,
  ok bigint not null,
  changed bigint not null,
  failed bigint not null,
  skipped bigint not null,
  failed_action varchar(256) not null,
  message varchar(1024) not null,
  primary key (run, step, number),
  foreign key (run) references run (job)
) ${clustered};

-- Events, many in a row: numbers `first_number` to `last_number`, a JSON list.
create table run_event (
  run bigint not null,
  first_number bigint not null,
  last_number bigint not null,
  body longtext not null,
  primary key (run, first_number),
  foreign key (run) references run (job)
) ${clustered};

-- Hosts on which only this run may act.
create table run_lock (
  host_id varchar(40) not null primary key,
  run bigint not null,
  foreign key (run) references run (job)
) ${clustered};
create index run_lock_run on run_lock (run);
