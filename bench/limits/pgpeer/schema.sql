create table if not exists orders (
  id uuid primary key, organization_id text not null, number bigint not null, table_id text not null, status text not null,
  total_minor bigint not null, version bigint not null, created_at timestamptz not null, image json not null
);
create index if not exists orders_open on orders (organization_id, status, number);
create table if not exists order_items (
  order_id uuid not null references orders, line_id text not null, menu_item_id text not null, name text not null,
  quantity bigint not null, price_minor bigint not null, amount_minor bigint not null, primary key (order_id, line_id)
);
create table if not exists idempotency_keys (
  organization_id text not null, key text not null, request bytea not null, answer json not null, at timestamptz not null,
  primary key (organization_id, key)
);
