-- Records of the log per owner, user and kind; moves in the same transactions. Counting the log itself takes the longer the
-- more was done.
create table audit_count (
  owner varchar(40) not null,
  username varchar(40) not null,
  kind varchar(20) not null,
  total bigint not null,
  primary key (owner, username, kind)
) ${clustered};
insert into audit_count (owner, username, kind, total)
  select owner, username, kind, count(*) from audit_log group by owner, username, kind;
