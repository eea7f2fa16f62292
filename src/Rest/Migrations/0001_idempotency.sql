-- Answers of POST requests that carried an Idempotency-Key, kept for 24 hours.
create table toolgate.idempotency_keys (
    actor          varchar(200) not null,
    key            varchar(255) not null,
    salt           bytea not null,
    request_digest bytea not null,
    status         int,                      -- null while the request runs
    headers        jsonb,
    body           bytea,
    created_at     timestamptz not null default now(),
    primary key (actor, key)
);

create index idempotency_keys_created_at on toolgate.idempotency_keys (created_at);
