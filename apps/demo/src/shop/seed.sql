-- Every value follows from its row's number, so that two shops are the same to the last byte.

INSERT INTO categories (slug, name)
SELECT lower(name), name
FROM unnest(ARRAY['Lamps', 'Chairs', 'Tables', 'Stools', 'Rugs', 'Curtains', 'Mirrors', 'Clocks', 'Vases', 'Baskets',
  'Blankets', 'Candles']) AS name;

INSERT INTO customers (email, name, phone, address, born, created_at)
SELECT
  lower(first || '.' || last || i || '@example.com'),
  first || ' ' || last,
  CASE WHEN i % 3 > 0 THEN '+49 30 ' || (1000000 + i * 7919 % 8999999) END,
  jsonb_build_object(
    'street', street || ' ' || (1 + i * 31 % 180),
    'city', city,
    'postcode', lpad((10115 + i * 397 % 89000)::text, 5, '0')),
  CASE WHEN i % 5 > 0 THEN date '1950-01-01' + i * 6151 % 20000 END,
  timestamptz '2024-01-01 00:00+00' + make_interval(mins => i * 331)
FROM generate_series(1, 4000) AS i,
LATERAL (SELECT
  (ARRAY['Ada', 'Ben', 'Chloé', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jun', 'Kaya', 'Liam', 'Mei', 'Noor',
    'Otto', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Tove'])[1 + i % 20] AS first,
  (ARRAY['Adeyemi', 'Berg', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Haas', 'Ivanova', 'Jansen', 'Kim',
    'Lehmann', 'Moreau', 'Nguyen', 'Okafor', 'Papadakis', 'Rossi', 'Sato', 'Tanaka', 'Weber', 'Yılmaz', 'Zhang',
    'O''Neill'])[1 + i * 7 % 23] AS last,
  (ARRAY['Lindenstraße', 'High Street', 'Rue des Lilas', 'Via Roma', 'Calle Mayor', 'Kerkstraat', 'Storgatan'])[1 + i % 7]
    AS street,
  (ARRAY['Berlin', 'Leeds', 'Lyon', 'Torino', 'Sevilla', 'Utrecht', 'Malmö'])[1 + i % 7] AS city) AS person;

INSERT INTO products (category_id, sku, name, price, stock, attributes, tags, updated_at)
SELECT
  category.id,
  upper(left(category.slug, 3)) || '-' || lpad(i::text, 5, '0'),
  style || ' ' || material || ' ' || rtrim(category.name, 's'),
  5 + (i * 7907 % 49500) / 100.0,
  400 + i * 37 % 1600,
  jsonb_build_object('material', lower(material), 'colour', colour, 'weight_g', 200 + i * 53 % 9000),
  CASE WHEN i % 4 = 0 THEN ARRAY['new', lower(style)] WHEN i % 7 = 0 THEN ARRAY['sale'] ELSE '{}' END,
  timestamptz '2026-10-01 06:00+00' + make_interval(secs => i * 97)
FROM generate_series(1, 1500) AS i
JOIN categories AS category ON category.id = 1 + i % 12,
LATERAL (SELECT
  (ARRAY['Quiet', 'Nordic', 'Round', 'Tall', 'Classic', 'Folding', 'Woven', 'Little', 'Bold'])[1 + i % 9] AS style,
  (ARRAY['Oak', 'Brass', 'Linen', 'Glass', 'Wool', 'Steel', 'Cork', 'Clay'])[1 + i * 3 % 8] AS material,
  (ARRAY['sand', 'moss', 'ink', 'rust', 'chalk'])[1 + i % 5] AS colour) AS look
ORDER BY i;

INSERT INTO sessions (id, customer_id, device, started_at, last_seen_at)
SELECT
  md5('session ' || i)::uuid,
  1 + i * 13 % 4000,
  (ARRAY['phone', 'laptop', 'tablet'])[1 + i % 3],
  timestamptz '2026-10-31 18:00+00' + make_interval(secs => i * 41),
  timestamptz '2026-10-31 18:05+00' + make_interval(secs => i * 43)
FROM generate_series(1, 600) AS i;

INSERT INTO cart_items (session_id, product_id, quantity, added_at)
SELECT
  md5('session ' || i)::uuid,
  1 + (i * 17 + n * 211) % 1500,
  1 + (i + n) % 3,
  timestamptz '2026-10-31 18:04+00' + make_interval(secs => i * 43 + n)
FROM generate_series(1, 600) AS i, generate_series(1, i % 4) AS n;

CREATE TEMPORARY TABLE lines AS
SELECT o AS order_id, n AS line, product.id AS product_id, 1 + (o + n) % 3 AS quantity, product.price AS unit_price
FROM generate_series(1, 8000) AS o CROSS JOIN LATERAL generate_series(1, 1 + o % 4) AS n
JOIN products AS product ON product.id = 1 + (o * 19 + n * 307) % 1500;

INSERT INTO orders (reference, customer_id, status, total, ship_to, note, placed_at)
SELECT
  md5('order ' || o)::uuid,
  customer.id,
  (CASE WHEN o > 7900 THEN 'placed' WHEN o > 7700 THEN 'paid' WHEN o > 7400 THEN 'shipped' WHEN o % 29 = 0 THEN 'cancelled'
    ELSE 'delivered' END)::order_status,
  sum.total,
  customer.address,
  CASE WHEN o % 11 = 0 THEN 'Please ring twice' WHEN o % 17 = 0 THEN '' END,
  timestamptz '2025-11-01 00:00+00' + make_interval(mins => o * 65, secs => o % 60)
FROM generate_series(1, 8000) AS o
JOIN customers AS customer ON customer.id = 1 + o * 29 % 4000
JOIN (SELECT order_id, sum(quantity * unit_price) AS total FROM lines GROUP BY order_id) AS sum ON sum.order_id = o
ORDER BY o;

INSERT INTO order_items (order_id, line, product_id, quantity, unit_price)
SELECT order_id, line, product_id, quantity, unit_price FROM lines ORDER BY order_id, line;

INSERT INTO payments (order_id, method, amount, details, paid_at)
SELECT
  id,
  method,
  total,
  CASE method
    WHEN 'card' THEN jsonb_build_object('brand', 'visa', 'last4', lpad((id * 7919 % 10000)::text, 4, '0'))
    WHEN 'transfer' THEN jsonb_build_object('bank', 'DE' || (10 + id % 89))
    ELSE jsonb_build_object('voucher', upper(left(md5(id::text), 8)))
  END,
  placed_at + interval '40 seconds'
FROM orders, LATERAL (SELECT (ARRAY['card', 'card', 'card', 'transfer', 'voucher'])[1 + id % 5] AS method) AS how
WHERE status NOT IN ('placed', 'cancelled')
ORDER BY id;

INSERT INTO events (id, session_id, kind, details, happened_at)
SELECT
  md5('event ' || i)::uuid,
  md5('session ' || (1 + i % 600))::uuid,
  (ARRAY['view', 'view', 'view', 'search', 'cart'])[1 + i % 5],
  jsonb_build_object('product', 1 + i * 23 % 1500),
  timestamptz '2026-10-31 18:05+00' + make_interval(secs => i * 3)
FROM generate_series(1, 9000) AS i;

DROP TABLE lines;
