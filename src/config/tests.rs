//! What somebody who writes a configuration relies on.

use std::path::PathBuf;

use rust_decimal_macros::dec;
use tempfile::TempDir;

use super::*;

/// A folder for the files of one test.
struct Place {
    folder: TempDir,
    sources: Sources,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let sources = Sources {
            xdg_config: Some(folder.path().join("xdg")),
            cwd: folder.path().to_owned(),
            ..Sources::default()
        };
        Self { folder, sources }
    }

    /// With a `pilothouse.toml` in the working folder.
    fn with(text: &str) -> Self {
        let place = Self::new();
        place.write("pilothouse.toml", text);
        place
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// All that is wrong, the folder's name left out.
    fn errors(&self) -> Vec<String> {
        let errors = load(&self.sources).expect_err("something is wrong");
        let folder = format!("{}/", self.folder.path().display());
        let text = errors.to_string().replace(&folder, "");
        text.lines().map(str::to_owned).collect()
    }

    fn origin(&self, key: &str) -> String {
        let items = self.load().items;
        let item = items.iter().find(|item| item.key == key).unwrap();
        let folder = format!("{}/", self.folder.path().display());
        item.origin.to_string().replace(&folder, "")
    }
}

#[test]
fn without_any_layer_the_defaults_hold() {
    let loaded = Place::new().load();
    let config = &loaded.config;
    assert_eq!(*config, Config::default());
    assert_eq!(config.bus.queue, 1024);
    assert_eq!(
        config.coordinator.schedules.trading_decision.interval_s,
        3600
    );
    assert!(!config.coordinator.schedules.sentiment_analysis.enabled);
    assert_eq!(config.coordinator.strict_minimum_confidence, dec!(0.65));
    assert_eq!(config.risk.organisation.max_order_value_usd, dec!(2500));
    assert_eq!(config.resources.capital_pool_usd, CapitalPool::Equity);
    assert_eq!(config.portfolio.targets["USDT"], dec!(0.3334));
    assert_eq!(config.execution.paper.quantity_step, dec!(0.00000001));
    assert!(loaded.files.is_empty() && loaded.warnings.is_empty());
    assert!(
        loaded
            .items
            .iter()
            .all(|item| item.origin == Origin::Default)
    );
    assert!(loaded.is_default("guard.window_s"));
}

#[test]
fn the_template_as_it_is_gives_the_defaults() {
    let place = Place::with(&template());
    let loaded = place.load();
    assert_eq!(loaded.config, Config::default());
    for item in &loaded.items {
        assert!(matches!(item.origin, Origin::File { .. }), "{}", item.key);
    }
}

/// Every key of the documents' example, with the default it shows.
#[test]
fn the_documents_keys_have_the_documents_defaults() {
    let documented = "
        [coordinator]
        mode = 'default'
        symbols = ['BTC/USDT', 'ETH/USDT', 'XRP/USDT']
        phase_timeout_s = 120
        on_live_start = 'pause'
        on_shutdown = 'cancel_entries'
        watchdog_s = 10
        on_circuit_breaker = 'hold'
        max_drawdown = '0.10'
        pause_symbol_after = 3
        [coordinator.schedules]
        technical_analysis = { interval_s = 60, enabled = true }
        regime_detection = { interval_s = 300, enabled = true }
        sentiment_analysis = { interval_s = 1800, enabled = false }
        trading_decision = { interval_s = 3600, enabled = true }
        portfolio_rebalance = { interval_s = 3600, enabled = false }
        [resources]
        capital_pool_usd = 'equity'
        allocation_window_ms = 250
        split_policy = 'sharpe_weighted'
        backtests = 3
        paper_trades = 5
        api_per_minute = 600
        api_per_hour = 30000
        api_exit_share = '0.10'
        default_ttl_s = 3600
        [bus]
        queue = 1024
        ttl_s = 300
        [health]
        heartbeat_timeout_s = 60
        window = 50
        minimum = 2
        unhealthy_error_rate = '0.5'
        [risk]
        risk_per_trade = '0.01'
        minimum_confidence = '0.55'
        price_collar = '0.02'
        max_order_value_usd = '2500'
        max_spread = '0.01'
        max_adverse_selection = '0.005'
        max_slippage = '0.005'
        orders_per_minute = 30
        orders_burst = 5
        cooldown_s = 30
        positions_per_symbol = 2
        positions_total = 5
        max_leverage = '5'
        max_exposure_usd = '8000'
        daily_loss_usd = '500'
        duplicate_window_s = 2
        [guard]
        window_s = 300
        minimum_samples = 20
        max_quote_age_s = 5
        max_rejection_rate = '0.20'
        max_p95_latency_ms = 2000
        clear_after_s = 60
        [execution]
        venue = 'paper'
        reconcile_s = 30
        default_type = 'limit'
        time_in_force = 'gtc'
        retries = 3
        retry_delay_s = 5
        history_in_memory = 1000
        position_snapshot_s = 60
        trail_enabled = true
        trail_activation = '0.01'
        trail_distance = '0.015'
        protection_deadline_s = 5
        [execution.rate]
        calls_per_minute = 60
        calls_burst = 10
        orders_per_minute = 30
        orders_burst = 5
        [execution.paper]
        balances = {}
        maker_fee = '0.0016'
        taker_fee = '0.0026'
        slippage = '0.0005'
        latency_ms = 50
        participation = '0.10'
        spread = '0.0002'
        seed = 1
        [portfolio]
        targets = { BTC = '0.3333', XRP = '0.3333', USDT = '0.3334' }
        threshold = '0.05'
        minimum_trade_usd = '10'
        dca_threshold_usd = '500'
        dca_batches = 6
        dca_interval_s = 14400
        hodl_share = '0.10'
        hodl = {}
        [store]
        reserve_mb = 256
        segment_mb = 64
        [console]
        theme = 'dark'
        on_operator_loss = 'default'
        [console.keys]
    ";
    assert_eq!(Place::with(documented).load().config, Config::default());
}

#[test]
fn the_later_layer_wins_and_says_so() {
    let mut place = Place::new();
    assert_eq!(place.origin("bus.queue"), "default");

    place.write(
        "xdg/pilothouse/config.toml",
        "[bus]\nqueue = 1\nttl_s = 11\n",
    );
    assert_eq!(place.load().config.bus.queue, 1);
    assert_eq!(place.origin("bus.queue"), "xdg/pilothouse/config.toml:2");

    place.write("pilothouse.toml", "\n[bus]\n\nqueue = 2\n");
    assert_eq!(place.load().config.bus.queue, 2);
    assert_eq!(place.load().config.bus.ttl_s, 11);
    assert_eq!(place.origin("bus.queue"), "pilothouse.toml:4");

    place.sources.explicit = Some("own.toml".into());
    place.write("own.toml", "bus.queue = 3");
    assert_eq!(place.load().config.bus.queue, 3);
    assert_eq!(place.origin("bus.queue"), "own.toml:1");
    assert_eq!(place.load().files.len(), 2, "it replaces ./pilothouse.toml");

    place = place.env("PILOTHOUSE__BUS__QUEUE", "4");
    assert_eq!(place.load().config.bus.queue, 4);
    assert_eq!(place.origin("bus.queue"), "env");

    place.sources.flags = vec![("bus.queue", "5".into())];
    assert_eq!(place.load().config.bus.queue, 5);
    assert_eq!(place.origin("bus.queue"), "flag");
    assert!(!place.load().is_default("bus.queue"));
}

#[test]
fn variables_are_read_as_their_keys_want() {
    let place = Place::with("[risk.strategy.Momentum]\nmax_leverage = '2'")
        .env(
            "PILOTHOUSE__COORDINATOR__SCHEDULES__TECHNICAL_ANALYSIS__INTERVAL_S",
            "90",
        )
        .env(
            "PILOTHOUSE__COORDINATOR__SCHEDULES__PORTFOLIO_CHECK__ENABLED",
            "true",
        )
        .env("PILOTHOUSE__COORDINATOR__SYMBOLS", "btc_usd, ETH/USD")
        .env("PILOTHOUSE__RISK__MAX_SPREAD", "0.002")
        .env("PILOTHOUSE__RISK__STRATEGY__MOMENTUM__POSITIONS_TOTAL", "1")
        .env("PILOTHOUSE__RISK__INSTRUMENT__BTC_USD__MAX_LEVERAGE", "3")
        .env("PILOTHOUSE__RESOURCES__CAPITAL_POOL_USD", "51.52")
        .env("PILOTHOUSE__PORTFOLIO__TARGETS", "BTC=0.5, usdt=0.5")
        .env(
            "PILOTHOUSE__EXECUTION__PAPER__BALANCES",
            "{ USDT = \"250\" }",
        )
        .env("PILOTHOUSE__API__LISTEN", "127.0.0.1:8700")
        .env("PILOTHOUSE__CONSOLE__KEYS__PAUSE", "p,P")
        .env("PILOTHOUSE_STATE", "no key of the configuration");
    let config = place.load().config;
    assert_eq!(
        config.coordinator.schedules.technical_analysis.interval_s,
        90
    );
    assert!(config.coordinator.schedules.portfolio_rebalance.enabled);
    let symbols: Vec<_> = config
        .coordinator
        .symbols
        .iter()
        .map(|s| s.as_str())
        .collect();
    assert_eq!(symbols, ["BTC/USD", "ETH/USD"]);
    assert_eq!(config.risk.organisation.max_spread, dec!(0.002));
    assert_eq!(
        config.resources.capital_pool_usd,
        CapitalPool::Usd(dec!(51.52))
    );
    assert_eq!(config.portfolio.targets["USDT"], dec!(0.5));
    assert_eq!(config.portfolio.targets.len(), 2);
    assert_eq!(config.execution.paper.balances["USDT"], dec!(250));
    assert_eq!(config.api.listen.unwrap().port(), 8700);
    assert_eq!(config.console.keys.0["pause"], ["p", "P"]);

    let own = config.risk.of_strategy(&"Momentum".parse().unwrap());
    assert_eq!((own.max_leverage, own.positions_total), (dec!(2), 1));
    let own = config.risk.of_instrument(&"BTC/USD".parse().unwrap());
    assert_eq!((own.max_leverage, own.max_spread), (dec!(3), dec!(0.002)));
    let other = config.risk.of_strategy(&"other".parse().unwrap());
    assert_eq!(other.max_leverage, dec!(5));
}

/// A file's text, and what its one error says.
const WRONG: &[(&str, &[&str])] = &[
    // Unknown keys and sections.
    (
        "[bus]\nqueu = 1",
        &[
            "pilothouse.toml:2: bus.queu: found an unknown key",
            "did you mean `bus.queue`?",
        ],
    ),
    (
        "[buss]\nqueue = 1",
        &["pilothouse.toml:1: buss: found an unknown key", "`bus`"],
    ),
    (
        "heartbeat_timeout_s = 60",
        &[
            "pilothouse.toml:1: heartbeat_timeout_s:",
            "`health.heartbeat_timeout_s`",
        ],
    ),
    (
        "[risk]\nmax_drawdown = '0.1'",
        &["risk.max_drawdown", "`coordinator.max_drawdown`"],
    ),
    (
        "\"bus.queue\" = 3",
        &["pilothouse.toml:1: bus.queue: found an unknown key"],
    ),
    (
        "[coordinator.schedules.trading_decisions]\nenabled = true",
        &[
            "pilothouse.toml:1",
            "`coordinator.schedules.trading_decision`",
        ],
    ),
    (
        "[risk.strategies.momentum]\nmax_leverage = '1'",
        &["pilothouse.toml:1: risk.strategies", "`risk.strategy`"],
    ),
    (
        "[coordinator.schedules]\ntrading_decision = { intervall_s = 5 }",
        &[
            "pilothouse.toml:2",
            "`coordinator.schedules.trading_decision.interval_s`",
        ],
    ),
    (
        "[risk.strategy.momentum]\nmax_leverag = '1'",
        &["pilothouse.toml:2", "`risk.strategy.momentum.max_leverage`"],
    ),
    (
        "[risk.strategy.momentum]\nx.y = '1'",
        &[
            "pilothouse.toml:2: risk.strategy.momentum.x",
            "an unknown key",
        ],
    ),
    // Sections of other versions.
    (
        "[kraken]\nkey = 1",
        &[
            "pilothouse.toml:1: kraken: found the section [kraken], which is not available in this version",
        ],
    ),
    (
        "[models.fast]\nurl = 1",
        &["models", "[models], which is not available in this version"],
    ),
    (
        "[bus.nats]\nurl = ''",
        &[
            "pilothouse.toml:1: bus.nats",
            "not available in this version",
        ],
    ),
    ("[policy]", &["not available in this version"]),
    // Alerts.
    (
        "[alerts]\nentry = 'loud'",
        &[
            "alerts.entry: found \"loud\"",
            "\"on\" | \"silent\" | \"off\"",
        ],
    ),
    (
        "[alerts.webhook.ops]\nurl = 'https://me:word@example.org'",
        &["alerts.webhook.\"ops\".url", "without user and password"],
    ),
    (
        "[alerts.webhook.ops]\nurl = 'https://example.org'\ntoken_name = 'Bearer hunter2'",
        &["token_name", "never the secret itself"],
    ),
    (
        "[alerts.webhook.ops]\nformat = 'raw'",
        &["a webhook without an address; allowed either url or url_name"],
    ),
    (
        "[alerts.webhook.ops]\nurl = 'http://example.org'\ntoken_name = 'key'",
        &[
            "secrets over http",
            "https, or an address of this machine's loopback",
        ],
    ),
    (
        "[alerts.webhook.ops]\nurl = 'http://localhost'\nheader = ['X-Key: key']",
        &["an unknown key", "`alerts.webhook.ops.headers`"],
    ),
    (
        "[alerts.webhook.ops]\nurl = 'http://localhost'\nheaders = ['X-Key hunter2']",
        &["headers", "with the name of a secret"],
    ),
    ("[federation]", &["not available in this version"]),
    // Ranges.
    (
        "[bus]\nqueue = 0",
        &[
            "pilothouse.toml:2: bus.queue: found 0; allowed a whole number of messages, 1 to 1,000,000",
        ],
    ),
    ("[bus]\nqueue = -1", &["found -1", "1 to 1,000,000"]),
    (
        "[bus]\nqueue = 0xFFFFFFFFFFFFFFF",
        &["found 0xFFFFFFFFFFFFFFF"],
    ),
    (
        "[guard]\nwindow_s = 0",
        &["guard.window_s: found 0", "seconds, 1 to 31,536,000"],
    ),
    (
        "[coordinator.schedules]\nta_analysis = { interval_s = 0 }",
        &["coordinator.schedules.technical_analysis.interval_s: found 0"],
    ),
    (
        "[risk]\nprice_collar = '1.01'",
        &[
            "pilothouse.toml:2: risk.price_collar: found \"1.01\"; allowed a quoted ratio from \"0\" to \"1\"",
        ],
    ),
    ("[risk]\nprice_collar = '-0.1'", &["found \"-0.1\""]),
    (
        "[risk]\nmax_exposure_usd = '0'",
        &["found \"0\"", "amount of USD, above \"0\""],
    ),
    ("[risk]\nmax_exposure_usd = 'NaN'", &["found \"NaN\""]),
    (
        "[risk]\nmax_exposure_usd = '10000000000000'",
        &["at most 1,000,000,000,000"],
    ),
    (
        "[risk]\nmax_leverage = '0.5'",
        &["a quoted number from \"1\" to \"100\""],
    ),
    (
        "[resources]\ncapital_pool_usd = 'all'",
        &["found \"all\"; allowed \"equity\", or a quoted amount of USD"],
    ),
    ("[resources]\ndefault_ttl_s = 2592001", &["1 to 2,592,000"]),
    // Types.
    (
        "[risk]\nprice_collar = 0.02",
        &["found 0.02 without quotes", "write it in quotes, \"0.02\""],
    ),
    (
        "[risk]\nmax_exposure_usd = 8000",
        &["found 8000 without quotes", "write it in quotes, \"8000\""],
    ),
    ("[bus]\nqueue = '1'", &["found \"1\"", "a whole number"]),
    ("[bus]\nqueue = 1.5", &["found 1.5", "a whole number"]),
    ("[bus]\nqueue = 2026-02-14", &["found the date 2026-02-14"]),
    (
        "[execution]\ntrail_enabled = 'yes'",
        &["found \"yes\"; allowed true or false"],
    ),
    (
        "bus = 3",
        &["pilothouse.toml:1: bus: found 3; allowed a section, [bus]"],
    ),
    (
        "[[bus]]\nqueue = 1",
        &["pilothouse.toml:1: bus: found a list; allowed a section, [bus]"],
    ),
    (
        "[bus.queue]\nx = 1",
        &["pilothouse.toml:1: bus.queue: found a table"],
    ),
    // Words, lists, tables.
    (
        "[console]\ntheme = 'drak'",
        &["found \"drak\"; allowed \"dark\" | \"light\" | \"mono\" | \"ascii\""],
    ),
    (
        "[execution]\nvenue = 'kraken'",
        &["found \"kraken\"; allowed \"paper\""],
    ),
    ("[coordinator]\nsymbols = []", &["found a list of 0"]),
    (
        "[coordinator]\nsymbols = ['BTC/USD',\n'BTCUSD']",
        &["pilothouse.toml:2", "found \"BTCUSD\" in the list"],
    ),
    (
        "[coordinator]\nsymbols = ['BTC/USD', 'btc_usd']",
        &["found \"btc_usd\" twice"],
    ),
    (
        "[coordinator]\nsymbols = 'BTC/USD'",
        &["found \"BTC/USD\"; allowed a list"],
    ),
    (
        "[portfolio]\ntargets = { BTC = 0.5 }",
        &["found BTC = 0.5 without quotes"],
    ),
    (
        "[portfolio.targets]\nBTC = '1.5'",
        &["pilothouse.toml:1: portfolio.targets: found BTC = \"1.5\""],
    ),
    (
        "[portfolio]\nhodl = { 'B C' = '1' }",
        &["found the asset \"B C\""],
    ),
    (
        "[portfolio]\nhodl = { BTC = '-1' }",
        &["found BTC = \"-1\""],
    ),
    (
        "[api]\nlisten = '0.0.0.0:80'",
        &["pilothouse.toml:2: api.listen: found \"0.0.0.0:80\"; allowed a loopback address"],
    ),
    (
        "[api]\nlisten = 'localhost'",
        &["found \"localhost\"; allowed an address with its port"],
    ),
    (
        "[api]\nlisten = '0.0.0.0:80'\ntls_cert = 'cert.pem'",
        &["pilothouse.toml:3: api.tls_cert: found \"cert.pem\"; allowed a certificate only"],
    ),
    (
        "[api]\ntls_key = 'key.pem'",
        &["api.tls_key: found \"key.pem\"; allowed a key only together"],
    ),
    (
        "[console.keys]\npause = 'p'",
        &["console.keys.pause: found \"p\"; allowed a list"],
    ),
    ("[console.keys]\npause = ['']", &["console.keys.pause"]),
    // What contradicts something else.
    (
        "[risk.strategy.momentum]\nmax_leverage = '6'",
        &[
            "pilothouse.toml:2: risk.strategy.\"momentum\".max_leverage: found \"6\"; allowed at most risk.max_leverage, \"5\" (default)",
        ],
    ),
    (
        "[risk]\nminimum_confidence = '0.6'\n[risk.instrument.BTC_USD]\nminimum_confidence = '0.59'",
        &[
            "pilothouse.toml:4: risk.instrument.\"BTC/USD\".minimum_confidence: found \"0.59\"; allowed at least risk.minimum_confidence, \"0.6\" (",
            "pilothouse.toml:2)",
        ],
    ),
    (
        "[risk.instrument.BTC]\nmax_leverage = '1'",
        &["pilothouse.toml:1: risk.instrument.BTC: found a wrong name"],
    ),
    (
        "[store]\nstop_mb = 300",
        &[
            "pilothouse.toml:2: store.stop_mb: found 300; allowed at most store.reserve_mb, 256 (default)",
        ],
    ),
    (
        "[store]\nreserve_mb = 32",
        &["pilothouse.toml:2: store.stop_mb: found 64; allowed at most store.reserve_mb, 32"],
    ),
    (
        "[coordinator.schedules]\nta_analysis.enabled = true\ntechnical_analysis.enabled = false",
        &["coordinator.schedules.technical_analysis.enabled: found a second value"],
    ),
    // Broken TOML.
    (
        "[bus]\nqueue = \n",
        &["pilothouse.toml:2: found broken TOML"],
    ),
    (
        "[bus]\nqueue = 1\nqueue = 2",
        &["pilothouse.toml:3: found broken TOML (duplicate key"],
    ),
    ("\n[bus", &["pilothouse.toml:2: found broken TOML"]),
];

#[test]
fn a_wrong_file_is_refused_with_key_line_found_and_allowed() {
    for (text, parts) in WRONG {
        let errors = Place::with(text).errors();
        assert_eq!(errors.len(), 1, "{text}\n{errors:#?}");
        for part in *parts {
            assert!(errors[0].contains(part), "{text}\n{}\n{part}", errors[0]);
        }
    }
}

#[test]
fn a_wrong_variable_or_flag_is_named() {
    for (name, value, part) in [
        (
            "PILOTHOUSE__BUS__QUEUE",
            "many",
            "PILOTHOUSE__BUS__QUEUE: bus.queue: found \"many\"; allowed a whole number of messages",
        ),
        ("PILOTHOUSE__BUS__QUEUE", "", "found \"\""),
        (
            "PILOTHOUSE__BUS__QUEUE",
            "99999999999999999999999",
            "found 99999999999999999999999",
        ),
        (
            "PILOTHOUSE__BUS__QUEU",
            "1",
            "PILOTHOUSE__BUS__QUEU: bus.queu: found an unknown key",
        ),
        ("PILOTHOUSE__BUSS__QUEUE", "1", "did you mean `bus.queue`?"),
        (
            "PILOTHOUSE__BUS",
            "1",
            "PILOTHOUSE__BUS: bus: found \"1\"; allowed a section's keys",
        ),
        ("PILOTHOUSE__", "1", "an unknown key"),
        (
            "PILOTHOUSE__KRAKEN__KEY",
            "1",
            "not available in this version",
        ),
        (
            "PILOTHOUSE__RISK__MAX_SPREAD",
            "2",
            "risk.max_spread: found \"2\"",
        ),
        (
            "PILOTHOUSE__EXECUTION__TRAIL_ENABLED",
            "yes",
            "allowed true or false",
        ),
        (
            "PILOTHOUSE__PORTFOLIO__TARGETS",
            "BTC",
            "portfolio.targets: found \"BTC\"; allowed a table",
        ),
        (
            "PILOTHOUSE__PORTFOLIO__TARGETS__BTC",
            "1",
            "portfolio.targets.btc: found an unknown key",
        ),
        (
            "PILOTHOUSE__COORDINATOR__SYMBOLS",
            "[\"BTC/USD\"",
            "coordinator.symbols: found",
        ),
    ] {
        let errors = Place::new().env(name, value).errors();
        assert_eq!(errors.len(), 1, "{name}: {errors:#?}");
        assert!(errors[0].contains(part), "{}\n{part}", errors[0]);
    }
    let mut place = Place::new();
    place.sources.flags = vec![("execution.venue", "moon".into())];
    assert!(place.errors()[0].starts_with("flag: execution.venue: found \"moon\""));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let place = Place::with("[bus]\nqueue = 0\n[health]\nwindoww = 3\n[kraken]\n")
        .env("PILOTHOUSE__RISK__MAX_SPREAD", "2");
    place.write("xdg/pilothouse/config.toml", "[bus");
    let errors = place.errors();
    assert_eq!(errors.len(), 5, "{errors:#?}");
    let fault = load(&place.sources).unwrap_err();
    assert_eq!(fault.code(), "CONFIG_INVALID");
    assert!(fault.hint().contains("config template"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let mut place = Place::new();
    place.sources.explicit = Some("absent.toml".into());
    assert!(place.errors()[0].starts_with("absent.toml: found no such file"));
    place.write("absent.toml", [b'#', 0xff]);
    assert!(place.errors()[0].contains("not UTF-8"));
    place.sources.explicit = Some(".".into());
    assert!(place.errors()[0].contains("cannot be read"));
    place.write("large.toml", "#".repeat((1 << 20) + 1));
    place.sources.explicit = Some("large.toml".into());
    assert!(place.errors()[0].contains("at most 1 MiB"));
}

#[test]
fn targets_that_do_not_sum_to_one_are_a_warning() {
    let loaded = Place::with("[portfolio]\ntargets = { BTC = '0.5', USDT = '0.4' }").load();
    assert_eq!(loaded.warnings[0], "portfolio.targets sum to 0.9, not to 1");
}

#[test]
fn paths_tell_what_is_there() {
    let mut place = Place::with("");
    let folder = place.folder.path().to_owned();
    assert_eq!(
        paths(&place.sources),
        [
            (folder.join("xdg/pilothouse/config.toml"), false),
            (folder.join("pilothouse.toml"), true)
        ]
    );
    place.sources.explicit = Some("/absent/own.toml".into());
    assert_eq!(paths(&place.sources)[1], ("/absent/own.toml".into(), false));
}

#[test]
fn items_are_the_documents_json() {
    let place = Place::with("[risk]\nmax_spread = '0.002'\n[console.keys]\npause = ['p']");
    let items = place.load().items;
    let json = |key: &str| {
        let item = items.iter().find(|item| item.key == key).unwrap();
        serde_json::to_value(item).unwrap()
    };
    assert_eq!(
        json("bus.queue"),
        serde_json::json!({"key": "bus.queue", "value": 1024, "origin": "default"})
    );
    assert_eq!(json("risk.max_spread")["value"], "0.002");
    assert_eq!(
        json("console.keys.pause")["value"],
        serde_json::json!(["p"])
    );
    assert_eq!(json("execution.trail_enabled")["value"], true);
    let origin = json("risk.max_spread")["origin"].clone();
    assert!(origin.as_str().unwrap().ends_with("pilothouse.toml:2"));
}

proptest::proptest! {
    /// Whatever a file holds, it gives a configuration or errors with places, never a panic.
    #[test]
    fn any_text_is_answered(text in "(\\[[a-z_.\"]{0,12}\\]\n|[a-z_.]{1,12} = [\"'0-9a-z.{}\\[\\]=]{0,12}\n){0,8}") {
        if let Err(errors) = load(&Place::with(&text).sources) {
            assert!(!errors.faults.is_empty());
        }
    }
}

#[test]
fn a_key_that_nothing_reads_is_said_to_have_no_effect() {
    let place = Place::with(
        "[coordinator]\nconsensus_bonus = '0.2'\n[risk]\nmax_leverage = '2'\n\
         [risk.strategy.'m']\nmax_leverage = '1'\nrisk_per_trade = '0.005'",
    );
    let said = place.load().warnings;
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("coordinator.consensus_bonus = \"0.2\" ("),
        "{said:?}"
    );
    assert!(said[1].contains("risk_per_trade"), "{said:?}");
}

#[test]
fn webhooks_have_names_and_keys_of_their_own_from_every_layer() {
    let place = Place::with(
        "[alerts]\nentry = 'off'\n[alerts.webhook.Ops]\nurl = 'https://example.org/hook'\n\
         headers = ['X-Api-Key: ops-key']\n[alerts.webhook.chat]\nurl_name = 'chat-url'",
    )
    .env("PILOTHOUSE__ALERTS__WEBHOOK__OPS__FORMAT", "raw")
    .env("PILOTHOUSE__ALERTS__HARDSTOP", "silent");
    let alerts = place.load().config.alerts;
    assert_eq!((alerts.entry, alerts.hardstop), (Ring::Off, Ring::Silent));
    let hooks: Vec<_> = alerts.webhook.0.iter().collect();
    assert_eq!(hooks.len(), 2);
    let (name, ops) = hooks[0];
    assert_eq!((name.as_str(), ops.format), ("Ops", WebhookFormat::Raw));
    assert_eq!(ops.headers, ["X-Api-Key: ops-key"]);
    assert_eq!((ops.retries, ops.per_minute), (10, 30));
    assert_eq!(hooks[1].1.url_name, "chat-url");
    assert!(place.origin("alerts.webhook.\"Ops\".url").ends_with(":4"));
}
