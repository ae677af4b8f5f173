-- Configuration tracing: hosts that tell of their files themselves. `told_ms`: when the host did last, 0: never.
alter table trace_host add column told_ms bigint not null default 0;
