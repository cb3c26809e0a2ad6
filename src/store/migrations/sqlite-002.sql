-- Held leases in the order of their last progress: which of them are stalled. Heartbeats do not write its columns,
-- so they leave it alone.
CREATE INDEX lease_progress ON lease (held, progress_on) WHERE held = 1;
