create table toolgate.test_deposits (
    position   bigint not null,
    account    text   not null,
    amount     bigint not null check (amount <> 13),
    constraint test_deposits_pkey primary key (position)
);

create index test_deposits_by_account on toolgate.test_deposits (account, position);
