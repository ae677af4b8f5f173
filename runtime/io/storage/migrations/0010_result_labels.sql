-- Results of rules that have one instance for each set of labels they find.

-- Label sets, each once. A result's `mark` is four times `n` and the number of its value (`n` is 0 without labels), so
-- that rows of other rules are as they were. No row ends after `until_ms`: once results of that time are deleted, the
-- set is deleted, too.
create table label_set (
  n ${identity},
  digest varchar(64) not null,
  labels longtext not null,
  until_ms bigint not null
) ${table};
create unique index label_set_digest on label_set (digest);
create index label_set_age on label_set (until_ms);

-- Why there is no data, or what failed; at most 256 bytes.
alter table check_result add column reason varchar(256) not null default '';

-- Stretches of which nothing is left: they are deleted when that becomes so.
delete from deviation where end_ms < start_ms;
