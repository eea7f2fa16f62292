-- Authorizations that a person has begun and not ended: one row a state, which works once, for whoever began it.
create table toolgate.oauth_authorizations (
    state_digest text primary key,          -- SHA-256 of the state
    principal    text not null,
    sealed       text not null,             -- verifier and target, under the master key
    expires_at   timestamptz not null
);

create index oauth_authorizations_principal on toolgate.oauth_authorizations (principal, expires_at);

-- What is known of the tokens of a connection without opening them, and whose turn it is to renew them.
create table toolgate.oauth_tokens (
    secret_id     text primary key references toolgate.secrets (id) on delete cascade,
    generation    bigint not null,          -- one more with each renewal
    ends_at       timestamptz,              -- when the access token ends; null when that was not said
    renews        boolean not null,         -- whether there is a refresh token
    holder        text,                     -- who renews them now
    held_until    timestamptz
);
