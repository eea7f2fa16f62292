-- Calls of a day (UTC) that count against a daily budget: added to in bulk by every node, never on the path of a call.
create table toolgate.usage (
    day     date         not null,
    kind    varchar(16)  not null,
    subject varchar(400) not null,
    calls   bigint       not null,
    primary key (day, kind, subject)
);
