-- A small shop, with the kinds of column and constraint that real ones have.

CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'cancelled');

CREATE TABLE categories (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  name text NOT NULL
);

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL,
  name text NOT NULL,
  phone text,
  address jsonb NOT NULL,
  born date,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX customers_email ON customers (lower(email));

CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  category_id int NOT NULL REFERENCES categories,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  price numeric(10,2) NOT NULL CHECK (price > 0),
  stock int NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL,
  CONSTRAINT products_stock_not_negative CHECK (stock >= 0)
);
CREATE INDEX products_by_category ON products (category_id, price);
CREATE INDEX products_by_attribute ON products USING gin (attributes);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers,
  device text NOT NULL,
  started_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_customer ON sessions (customer_id);

CREATE TABLE cart_items (
  session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  product_id bigint NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0),
  added_at timestamptz NOT NULL,
  PRIMARY KEY (session_id, product_id)
);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reference uuid NOT NULL UNIQUE,
  customer_id bigint NOT NULL REFERENCES customers,
  status order_status NOT NULL,
  total numeric(12,2) NOT NULL CHECK (total >= 0),
  ship_to jsonb NOT NULL,
  note text,
  placed_at timestamptz NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX orders_open ON orders (placed_at) WHERE status IN ('placed', 'paid');

CREATE TABLE order_items (
  order_id bigint NOT NULL REFERENCES orders,
  line int NOT NULL,
  product_id bigint NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0),
  unit_price numeric(10,2) NOT NULL,
  amount numeric(12,2) GENERATED ALWAYS AS (quantity * unit_price) STORED,
  PRIMARY KEY (order_id, line)
);
CREATE INDEX order_items_by_product ON order_items (product_id);

CREATE TABLE payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  method text NOT NULL CHECK (method IN ('card', 'transfer', 'voucher')),
  amount numeric(12,2) NOT NULL,
  details jsonb NOT NULL,
  paid_at timestamptz NOT NULL
);
CREATE INDEX payments_by_order ON payments (order_id);

-- What customers did, for the people who look at such things.
CREATE TABLE events (
  id uuid PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions,
  kind text NOT NULL,
  details jsonb NOT NULL,
  happened_at timestamptz NOT NULL
);
CREATE INDEX events_by_session ON events (session_id, happened_at);
