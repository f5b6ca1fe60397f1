-- From where each event was asked for; null for what the engine asked of itself.
ALTER TABLE audit ADD COLUMN origin TEXT;
