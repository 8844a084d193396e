-- Payloads: one row per admission (large ones are several). Nothing but the rowid is indexed: a random-key index makes a
-- commit ten times as dear. `seq` is never used twice, so an old delivery id can never mean a newer delivery.
create table spool (
  seq integer primary key autoincrement,
  schema integer not null,
  "check" integer not null,
  head text not null,
  body text not null
) strict;

-- How far a row's deliveries have come; absent while all are untouched. Apart from the payload, so that settling one
-- delivery does not write the payload again.
create table progress (
  seq integer primary key,
  deliveries text not null
) strict;

-- What is about to be sent to a vendor that would count it twice, one row per request: after a crash these attempts may have
-- happened.
create table lease (
  id integer primary key autoincrement,
  deliveries text not null
) strict;

-- Codes, names and ids of ours, one row per append or settlement, in the order of time.
create table ledger (
  id integer primary key,
  at integer not null,
  entries text not null
) strict;

-- Keyed digests of message ids, one row per append, for 24 hours.
create table mark (
  id integer primary key,
  at integer not null,
  digests text not null
) strict;

-- Small keyed state. A key gets a new revision with every change.
create table fact (
  revision integer primary key autoincrement,
  key text not null unique,
  value text not null
) strict;
