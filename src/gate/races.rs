//! Threads against the gate: what holds whoever comes first.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Gate, How, Press};

fn press(reason: &str) -> Press {
    Press {
        by: "tester".parse().unwrap(),
        how: How::Key,
        reason: reason.to_owned(),
    }
}

/// The promise: no permit is given after the close, and whoever lists the table after the
/// close finds every permit that was given.
#[test]
fn permits_racing_the_close_are_all_in_the_table_it_leaves() {
    const ROUNDS: usize = 300;
    const THREADS: usize = 4;
    let mut given_in_all = 0;
    for round in 0..ROUNDS {
        let gate = Gate::new(0, false);
        let closed = AtomicBool::new(false);
        let barrier = Barrier::new(THREADS + 1);
        let (listed, given) = thread::scope(|scope| {
            let sender = |thread: usize| {
                let (gate, closed, barrier) = (&gate, &closed, &barrier);
                move || {
                    let mut given = Vec::new();
                    barrier.wait();
                    for n in 0.. {
                        let too_late = closed.load(Ordering::SeqCst);
                        let id = format!("{thread}-{n}");
                        match gate.permit(&id, 0) {
                            Ok(_) if too_late => panic!("a permit after the close"),
                            Ok(_) => given.push(id),
                            Err(_) => break,
                        }
                    }
                    given
                }
            };
            let senders: Vec<_> = (0..THREADS).map(|t| scope.spawn(sender(t))).collect();
            barrier.wait();
            for _ in 0..round * 20 {
                std::hint::spin_loop();
            }
            gate.close(press("race"));
            let listed = gate.open_entries();
            closed.store(true, Ordering::SeqCst);
            let given: Vec<_> = senders
                .into_iter()
                .flat_map(|s| s.join().unwrap())
                .collect();
            (listed, given)
        });
        let mut listed: Vec<_> = listed.into_iter().map(|e| e.client_id).collect();
        let mut given = given;
        listed.sort();
        given.sort();
        assert_eq!(listed, given, "round {round}");
        given_in_all += given.len();
    }
    assert!(given_in_all > 0, "nothing raced");
}

#[test]
fn no_press_is_lost_however_many_press_at_once() {
    let gate = Gate::new(0, false);
    let firsts: usize = thread::scope(|scope| {
        let pressers: Vec<_> = (0..8)
            .map(|_| {
                let gate = &gate;
                scope.spawn(move || {
                    (0..1000)
                        .filter(|_| !gate.close(press("all")).already)
                        .count()
                })
            })
            .collect();
        pressers.into_iter().map(|p| p.join().unwrap()).sum()
    });
    let seen = gate.observe();
    assert_eq!((seen.epoch, seen.presses, firsts), (1, 8000, 1));
    let told = gate.take_presses().len() as u64;
    assert_eq!(told + gate.dropped_presses(), 8000);
}
