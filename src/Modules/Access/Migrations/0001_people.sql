-- Hashes of passwords. They are not in the log: a log cannot forget.
create table toolgate.passwords (
    member_id varchar(64) primary key,
    hash      varchar(512) not null,
    set_at    timestamptz not null default now()
);
