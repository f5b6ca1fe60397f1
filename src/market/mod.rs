//! Candles, quotes, feeds, importers, indicators.
