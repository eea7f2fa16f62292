-- What a session's client declared when it opened the session, and the log level that it asked for since: written with the opening, gone with the end.
create table toolgate.session_clients (
    session_id   varchar(64) primary key,
    capabilities bytea not null,
    client_info  bytea not null,
    log_level    varchar(16)
);

-- Request states (2026-07-28) that were used: each is worth one retry in the whole deployment. Swept when they have expired anyway.
create table toolgate.used_states (
    nonce      varchar(64) primary key,
    expires_at timestamptz not null
);

create index used_states_expires_at on toolgate.used_states (expires_at);
