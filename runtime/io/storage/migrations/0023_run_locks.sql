-- Runs that may be beside others hold their hosts, too: `is_shared`. Whoever takes hosts moves the version `run_locks` first,
-- so that two never do at once.
alter table run_lock rename to run_lock_old;
create table run_lock (
  host_id varchar(40) not null,
  run bigint not null,
  is_shared bigint not null,
  primary key (host_id, run),
  foreign key (run) references run (job)
) ${clustered};
insert into run_lock (host_id, run, is_shared) select host_id, run, 0 from run_lock_old;
drop table run_lock_old;
create index run_lock_run on run_lock (run);
insert into meta (name, version) values ('run_locks', 1);

-- How long the run had been at work when the step's last batch began; -1: none has.
alter table run_step add column begun_worked_ms bigint not null default -1;
