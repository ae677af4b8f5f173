-- Tokens with which hosts send their lines; the tokens themselves are nowhere.

create table log_token (
  n ${identity},
  id varchar(40) not null,
  host_id varchar(40) not null,
  name varchar(64) not null,
  token_hash varchar(64) not null,
  username varchar(40) not null,
  created_ms bigint not null
) ${table};
create unique index log_token_id on log_token (id);
create unique index log_token_hash on log_token (token_hash);
create unique index log_token_name on log_token (host_id, name);
