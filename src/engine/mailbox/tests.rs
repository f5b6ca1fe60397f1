use super::*;
use crate::core::Time;
use crate::core::message::{Delivery, MessageKind, Payload, Priority};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn message(id: u64, priority: Priority) -> Arc<Message> {
    Arc::new(Message {
        id: MessageId(id),
        from: name("operator"),
        to: Some(name("scout")),
        topic: None,
        kind: MessageKind::Event,
        priority,
        subject: String::new(),
        payload: Payload::Json { text: "{}".into() },
        in_reply_to: None,
        response: None,
        created_at: Time(0),
        expires_at: None,
        delivery: Delivery::Queued,
        processed_at: None,
    })
}

fn boxes(letters: &[(&str, u64, Priority)]) -> Mailboxes {
    let boxes = Mailboxes::new(Redelivery {
        after: Duration::from_secs(10),
        most: 5,
    });
    let mail = letters
        .iter()
        .map(|(agent, id, priority)| Mail::Post(name(agent), message(*id, *priority)));
    boxes.sort(
        ["scout", "slow", "quick"]
            .map(|agent| Mail::Open(name(agent)))
            .into_iter(),
    );
    boxes.sort(mail);
    boxes
}

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|m| m.id.0).collect()
}

fn take(boxes: &Mailboxes, agent: &str, limit: usize) -> Vec<u64> {
    ids(&boxes.take(name(agent), limit))
}

#[test]
fn the_urgent_come_first_and_the_older_before_the_newer() {
    let boxes = boxes(&[
        ("scout", 1, Priority::Low),
        ("scout", 2, Priority::Normal),
        ("scout", 3, Priority::Critical),
        ("scout", 4, Priority::High),
        ("scout", 5, Priority::Critical),
    ]);
    assert_eq!(take(&boxes, "scout", 2), [3, 5]);
    assert_eq!(take(&boxes, "scout", 10), [4, 2, 1]);
    assert_eq!(boxes.in_flight()[&name("scout")], 5);
}

#[test]
fn what_is_not_acknowledged_comes_again_and_dies_after_five_repeats() {
    let boxes = boxes(&[
        ("scout", 1, Priority::Normal),
        ("scout", 2, Priority::Normal),
    ]);
    let mut now = Instant::now();
    for _ in 0..6 {
        let taken = boxes.shelf().take(name("scout"), 10, now);
        assert!(ids(&taken).contains(&1));
        now += Duration::from_secs(9);
        assert!(boxes.lapse(now).is_empty(), "it is in time");
        assert!(take(&boxes, "scout", 10).is_empty());
        // What is acknowledged does not come again.
        boxes.sort([Mail::End(MessageId(2), Some(name("scout")))].into_iter());
        now += Duration::from_secs(1);
        let dead = boxes.lapse(now);
        if let [one] = dead[..] {
            assert_eq!((one.message, one.times), (MessageId(1), 6));
            assert!(take(&boxes, "scout", 10).is_empty());
            return;
        }
    }
    panic!("it was never given up");
}

#[test]
fn one_who_takes_nothing_harms_nobody() {
    let boxes = boxes(&[]);
    for id in 0..1_000 {
        boxes.sort(
            ["slow", "quick"]
                .map(|agent| Mail::Post(name(agent), message(id, Priority::Normal)))
                .into_iter(),
        );
        assert_eq!(take(&boxes, "quick", 10), [id]);
        boxes.sort([Mail::End(MessageId(id), Some(name("quick")))].into_iter());
    }
    assert_eq!(take(&boxes, "slow", 3), [0, 1, 2]);
}

#[test]
fn only_the_latest_price_of_a_symbol_is_handed_over() {
    let boxes = boxes(&[("scout", 1, Priority::Low)]);
    let price = |symbol: &str, price: u32| MarketData {
        symbol: symbol.parse().unwrap(),
        price: price.into(),
        time: Time(i64::from(price)),
    };
    let only = Filter {
        symbol: Some("BTC/USDT".parse().unwrap()),
        ..Filter::default()
    };
    boxes.sort([Mail::Watch(name("scout"), vec![only])].into_iter());
    boxes.quote((1..=100).map(|n| price("BTC/USDT", n)));
    boxes.quote([price("ETH/USDT", 7)].into_iter());
    let taken = boxes.take(name("scout"), 10);
    assert_eq!(ids(&taken), [1, 0]);
    assert_eq!(taken[1].payload, Payload::Market(price("BTC/USDT", 100)));
    assert_eq!(boxes.conflated(), 99);
    assert_eq!(boxes.in_flight()[&name("scout")], 1);
    let btc = "BTC/USDT".parse().unwrap();
    assert_eq!(boxes.market(Some(btc)), Some(price("BTC/USDT", 100)));
    assert!(take(&boxes, "scout", 10).is_empty());
}

#[tokio::test]
async fn all_who_wait_are_woken_by_a_message_and_by_the_end() {
    let boxes = boxes(&[]);
    let all = || async { tokio::join!(boxes.filled(name("scout")), boxes.filled(name("scout"))) };
    let post = async {
        boxes.sort([Mail::Post(name("scout"), message(1, Priority::Normal))].into_iter());
    };
    assert_eq!(tokio::join!(all(), post).0, (true, true));
    assert_eq!(take(&boxes, "scout", 1), [1]);
    let close = async { boxes.close() };
    assert_eq!(tokio::join!(all(), close).0, (false, false));
}

#[tokio::test]
async fn a_notice_that_came_before_the_look_is_not_missed() {
    let boxes = boxes(&[("scout", 1, Priority::Normal)]);
    assert!(boxes.filled(name("scout")).await);
    assert_eq!(take(&boxes, "scout", 1), [1]);
}

#[test]
fn nothing_is_handed_over_to_who_has_not_registered() {
    let boxes = boxes(&[("nobody", 1, Priority::Normal)]);
    assert!(!boxes.is_open(name("nobody")));
    assert!(take(&boxes, "nobody", 1).is_empty());
    boxes.sort([Mail::Open(name("nobody"))].into_iter());
    assert_eq!(take(&boxes, "nobody", 1), [1], "it has waited");
    assert_eq!(boxes.unfinished(name("nobody")), 1);
}
