//! (a) A promise, with and without a callback, on one thread.

use crate::{ns_per_op, pin, run_as_task, turn, Bench};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};
use tokio::{sync::oneshot, task};

pub fn oneshot(bench: &Bench) -> f64 {
    let start = Instant::now();
    match bench.subject.as_str() {
        "tokio" => {
            for i in 0..bench.iterations {
                let (promise, mut future) = oneshot::channel::<u64>();
                promise.send(i).unwrap();
                assert_eq!(future.try_recv().unwrap(), i);
            }
        }
        "futures" => {
            for i in 0..bench.iterations {
                let (promise, mut future) = futures::channel::oneshot::channel::<u64>();
                promise.send(i).unwrap();
                assert_eq!(future.try_recv().unwrap(), Some(i));
            }
        }
        subject => panic!("no subject {subject:?}"),
    }
    ns_per_op(start, bench.iterations)
}

/// Two threads that wait for each other, in turn. The channels are made before.
pub fn block(bench: &Bench) -> f64 {
    let channels = || (0..bench.iterations).map(|_| oneshot::channel::<u64>()).unzip();
    let (questions, to_answer): (Vec<_>, Vec<_>) = channels();
    let (answers, answered): (Vec<_>, Vec<_>) = channels();
    let worker = std::thread::spawn(move || {
        pin(1);
        for (question, answer) in to_answer.into_iter().zip(answers) {
            answer.send(question.blocking_recv().unwrap() + 1).unwrap();
        }
    });
    pin(0);
    let start = Instant::now();
    for (i, (question, answer)) in questions.into_iter().zip(answered).enumerate() {
        question.send(i as u64).unwrap();
        assert_eq!(answer.blocking_recv().unwrap(), i as u64 + 1);
    }
    let ns = ns_per_op(start, bench.iterations);
    worker.join().unwrap();
    ns
}

/// A task waits for the promise: what tokio has in place of a callback.
pub fn callback(bench: &Bench) -> f64 {
    static SUM: AtomicU64 = AtomicU64::new(0);
    let iterations = bench.iterations;
    let ns = run_as_task(async move {
        let start = Instant::now();
        for _ in 0..iterations {
            let (promise, future) = oneshot::channel::<u64>();
            task::spawn(async { SUM.fetch_add(future.await.unwrap(), Ordering::Relaxed) });
            promise.send(1).unwrap();
            turn().await;
        }
        ns_per_op(start, iterations)
    });
    assert_eq!(SUM.load(Ordering::Relaxed), iterations);
    ns
}
