-- When a session was last used, as far as nodes have reported: written in bulk, never on the path of a call.
create table toolgate.session_uses (
    session_id varchar(64) primary key,
    used_at    timestamptz not null
);

-- Nodes that may have calls under way. One that stops reporting is dead.
create table toolgate.session_nodes (
    node_id     varchar(64) primary key,
    reported_at timestamptz not null default now()
);

-- Calls whose attempt is in the log and whose outcome is not: written in the transactions that append them.
create table toolgate.running_calls (
    call_id    varchar(64) primary key,
    node_id    varchar(64) not null,
    started_at timestamptz not null default now()
);

create index running_calls_node_id on toolgate.running_calls (node_id);

-- Key of the digests of arguments. Erasing it makes every digest in the log meaningless and leaves the chain whole.
create table toolgate.call_salts (
    id   int primary key,
    salt bytea not null
);
