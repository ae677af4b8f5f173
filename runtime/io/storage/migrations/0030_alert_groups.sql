-- Groups of alerts that Alertmanager told of and that are being diagnosed. `job`: id of the diagnosis, the same whenever the
-- group comes again. `body`: its alerts, each with its host. `slot` says which node tells what the diagnosis found; then the
-- row goes.
create table alert_group (
  n ${identity},
  job varchar(128) not null,
  owner varchar(40) not null,
  slot bigint not null,
  body longtext not null,
  created_ms bigint not null
) ${table};
create unique index alert_group_job on alert_group (job);
